-- miss: N012
DROP SERVER corpus_server CASCADE;
