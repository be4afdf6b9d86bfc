-- rule: M022 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs a tablespace)
ALTER TABLESPACE fast RENAME TO quick;
