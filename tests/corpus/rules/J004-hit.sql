-- rule: J004 class=unknown loses=data scope=database lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=depends
SELECT set_config(lower(name), '1', false) FROM public.users WHERE id = 0;
