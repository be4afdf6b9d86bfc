-- rule: J021 class=unknown loses=data scope=database lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=depends
SELECT query_to_xml('SELECT ' || id, true, false, '') FROM public.users WHERE id = 1;
