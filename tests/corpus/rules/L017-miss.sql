-- miss: L017
ALTER DATABASE corpus_spare RENAME TO corpus_renamed;
