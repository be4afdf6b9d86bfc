-- miss: D061
ALTER TYPE app.point3 OWNER TO corpus_owner;
