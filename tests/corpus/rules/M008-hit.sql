-- rule: M008 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok loose=lock
ALTER EXTENSION pg_trgm SET SCHEMA spare;
