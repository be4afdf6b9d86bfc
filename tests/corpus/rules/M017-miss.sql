-- miss: M017
ALTER SCHEMA corpus_extra OWNER TO corpus_owner;
