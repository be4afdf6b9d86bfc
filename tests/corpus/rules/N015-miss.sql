-- miss: N015
DROP PUBLICATION corpus_pub;
