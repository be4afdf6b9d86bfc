-- rule: I062 class=unknown loses=data scope=database lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends loose=lock
SET allow_system_table_mods = on;
-- then:
DELETE FROM pg_enum WHERE enumlabel = 'happy';
