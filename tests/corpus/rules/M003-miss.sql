-- miss: M003
ALTER DATABASE spare OWNER TO corpus_owner;
