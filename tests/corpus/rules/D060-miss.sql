-- miss: D060
ALTER DOMAIN app.spare_domain OWNER TO corpus_owner;
