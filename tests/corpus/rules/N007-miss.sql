-- miss: N007
CREATE USER MAPPING IF NOT EXISTS FOR corpus_app SERVER corpus_server;
