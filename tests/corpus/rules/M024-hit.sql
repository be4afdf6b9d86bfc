-- rule: M024 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a tablespace)
DROP TABLESPACE fast;
