-- rule: N012 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE SERVER spare_server FOREIGN DATA WRAPPER postgres_fdw;
-- then:
DROP SERVER spare_server;
