-- rule: N001 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE FOREIGN DATA WRAPPER spare_fdw;
