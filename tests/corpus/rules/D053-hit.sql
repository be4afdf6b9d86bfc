-- rule: D053 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER DOMAIN app.spare_domain RENAME TO spare;
