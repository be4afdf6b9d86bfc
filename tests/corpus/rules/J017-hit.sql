-- rule: J017 class=unknown loses=outside scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends error=58P01
SELECT lo_export(990001, '/nonexistent/corpus');
