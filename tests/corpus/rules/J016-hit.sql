-- rule: J016 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT pg_read_file('PG_VERSION');
