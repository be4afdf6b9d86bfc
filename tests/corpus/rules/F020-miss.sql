-- miss: F020
ALTER LANGUAGE plpgsql OWNER TO corpus_owner;
