-- miss: L008
REVOKE USAGE ON SCHEMA app FROM corpus_app;
