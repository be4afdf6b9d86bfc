-- rule: N042 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER COLLATION app.plain RENAME TO other;
