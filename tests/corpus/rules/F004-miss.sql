-- miss: F004
ALTER FUNCTION app.slug(text) OWNER TO corpus_owner;
