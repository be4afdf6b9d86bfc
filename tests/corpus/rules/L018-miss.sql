-- miss: L018
DROP OWNED BY corpus_spare;
