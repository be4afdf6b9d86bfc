-- miss: F005
ALTER TYPE app.mood OWNER TO corpus_owner;
