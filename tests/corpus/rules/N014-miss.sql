-- miss: N014
CREATE FOREIGN TABLE spare.t (id int) SERVER corpus_server;
