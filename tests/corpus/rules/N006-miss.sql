-- miss: N006
DROP USER MAPPING FOR corpus_app SERVER corpus_server;
