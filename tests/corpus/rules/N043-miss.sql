-- miss: N043
ALTER FUNCTION app.spare_fn() OWNER TO corpus_owner;
