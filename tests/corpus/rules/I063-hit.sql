-- rule: I063 class=unknown loses=data scope=database lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends loose=lock since=15
SET allow_system_table_mods = on;
-- then:
MERGE INTO pg_catalog.pg_description d USING (SELECT 1 AS one) o ON false WHEN NOT MATCHED THEN INSERT VALUES (1, 1, 0, 'odd');
