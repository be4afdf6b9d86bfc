-- class: destructive
-- a user mapping
DROP USER MAPPING FOR corpus_app SERVER corpus_server;
