-- rule: N025 class=destructive loses=outside scope=schema lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a second server)
DROP SUBSCRIPTION spare_sub;
