-- miss: L007
GRANT USAGE ON SCHEMA spare TO corpus_spare;
