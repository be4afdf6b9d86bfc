-- rule: I065 class=unknown loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends error=42501
TRUNCATE pg_catalog.pg_statistic;
