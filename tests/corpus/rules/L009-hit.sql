-- rule: L009 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER DEFAULT PRIVILEGES IN SCHEMA spare GRANT SELECT ON TABLES TO corpus_reader;
