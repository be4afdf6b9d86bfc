-- miss: N004
ALTER SERVER corpus_server OWNER TO corpus_owner;
