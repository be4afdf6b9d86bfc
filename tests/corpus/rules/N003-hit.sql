-- rule: N003 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE SERVER spare_server FOREIGN DATA WRAPPER postgres_fdw;
