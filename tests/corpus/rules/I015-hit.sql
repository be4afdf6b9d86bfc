-- rule: I015 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
TRUNCATE public.coupons CASCADE;
