-- miss: N013
DROP SERVER IF EXISTS corpus_server;
