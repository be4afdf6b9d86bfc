-- rule: L010 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM corpus_reader;
