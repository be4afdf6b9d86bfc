-- rule: I014 class=destructive loses=data scope=tables:public.duplicates lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
TRUNCATE public.duplicates;
