-- miss: N042
ALTER PUBLICATION corpus_pub RENAME TO other;
