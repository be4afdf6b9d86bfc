-- class: destructive
-- or all
DROP PUBLICATION corpus_pub;
