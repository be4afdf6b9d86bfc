-- miss: N019
ALTER PUBLICATION corpus_pub OWNER TO corpus_owner;
