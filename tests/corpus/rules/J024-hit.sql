-- rule: J024 class=unknown loses=data scope=database lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=depends
SELECT table_to_xml('public.active_users', true, false, '');
