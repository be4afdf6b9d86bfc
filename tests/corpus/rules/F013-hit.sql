-- rule: F013 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
CALL app.spare_proc();
