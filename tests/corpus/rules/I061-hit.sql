-- rule: I061 class=unknown loses=data scope=database lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends loose=lock
SET allow_system_table_mods = on;
-- then:
UPDATE pg_catalog.pg_enum SET enumlabel = 'glad' WHERE enumlabel = 'happy';
