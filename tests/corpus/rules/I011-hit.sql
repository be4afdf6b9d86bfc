-- rule: I011 class=destructive loses=data scope=tables:public.duplicates lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
DELETE FROM public.duplicates WHERE id > 5;
