-- rule: I060 class=unknown loses=data scope=database lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=repeats loose=lock,rerun
SET allow_system_table_mods = on;
-- then:
INSERT INTO pg_catalog.pg_enum (oid, enumtypid, enumsortorder, enumlabel) SELECT 99999, enumtypid, 99, 'odd' FROM pg_catalog.pg_enum LIMIT 1;
