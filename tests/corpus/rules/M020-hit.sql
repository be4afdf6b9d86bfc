-- rule: M020 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a folder of the server's)
CREATE TABLESPACE fast LOCATION '/srv/fast';
