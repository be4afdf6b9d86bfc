-- rule: K007 class=unknown loses=outside scope=database lock=none rewrite=no scan=no transaction=yes rerun=ok
LOAD 'auto_explain';
