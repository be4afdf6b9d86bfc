-- class: destructive effect=none
-- run: psql
-- another database
CREATE DATABASE corpus_other;
DROP DATABASE corpus_other WITH (FORCE);
