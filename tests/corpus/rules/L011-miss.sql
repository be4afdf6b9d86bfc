-- miss: L011
ALTER ROLE corpus_spare NOLOGIN;
