-- miss: M016
ALTER SCHEMA corpus_extra RENAME TO corpus_other;
