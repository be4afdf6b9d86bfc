-- miss: N034
ALTER OPERATOR app.=== (int, int) OWNER TO corpus_owner;
