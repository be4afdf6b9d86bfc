-- rule: M007 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=ok loose=rerun
ALTER EXTENSION hstore UPDATE;
