-- class: destructive
-- for later objects
ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM corpus_reader;
