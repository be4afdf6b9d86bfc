-- rule: F009 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
DROP FUNCTION app.spare_fn();
