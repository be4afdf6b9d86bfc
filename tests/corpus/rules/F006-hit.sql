-- rule: F006 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER FUNCTION app.spare_fn() RENAME TO unused_fn;
