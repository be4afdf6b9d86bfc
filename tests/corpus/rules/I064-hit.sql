-- rule: I064 class=unknown loses=data scope=database lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=repeats loose=lock,rerun
SET allow_system_table_mods = on;
-- then:
COPY pg_catalog.pg_description FROM '/dev/null';
