-- rule: N034 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=depends
ALTER OPERATOR app.=== (int, int) SET (RESTRICT = eqsel);
