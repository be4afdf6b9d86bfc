-- miss: L015
ALTER ROLE corpus_owner NOLOGIN;
