-- miss: M002
ALTER SCHEMA spare OWNER TO corpus_owner;
