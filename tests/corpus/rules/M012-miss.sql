-- miss: M012
CREATE SCHEMA corpus_extra;
