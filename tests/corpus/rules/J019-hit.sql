-- rule: J019 class=destructive loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
SELECT lo_unlink(990001);
