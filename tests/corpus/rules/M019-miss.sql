-- miss: M019
DROP SCHEMA corpus_extra;
