-- near: A092
ALTER TYPE app.mood OWNER TO corpus_spare;
