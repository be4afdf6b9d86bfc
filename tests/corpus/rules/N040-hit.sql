-- rule: N040 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
DROP COLLATION app.plain;
