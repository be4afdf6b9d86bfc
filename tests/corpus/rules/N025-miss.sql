-- miss: N025
DROP PUBLICATION corpus_pub;
