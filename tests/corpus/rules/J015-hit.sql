-- rule: J015 class=unknown loses=outside scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
-- run: no (the server refuses it outside an upgrade)
SELECT binary_upgrade_set_next_pg_type_oid(99999);
