-- rule: M002 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER SCHEMA spare RENAME TO extra;
