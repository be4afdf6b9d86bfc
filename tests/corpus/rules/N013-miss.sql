-- miss: N013
-- run: no (fails with 2BP01 on the fixture)
DROP SERVER IF EXISTS corpus_server;
