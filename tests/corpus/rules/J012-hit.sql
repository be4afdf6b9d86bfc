-- rule: J012 class=unknown loses=outside scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
SELECT pg_reload_conf();
