-- rule: N002 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=depends
ALTER FOREIGN DATA WRAPPER postgres_fdw NO VALIDATOR;
