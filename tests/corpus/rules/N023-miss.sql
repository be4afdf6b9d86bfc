-- miss: N023
ALTER PUBLICATION corpus_pub RENAME TO other_sub;
