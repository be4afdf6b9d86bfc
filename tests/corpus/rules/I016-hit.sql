-- rule: I016 class=destructive loses=data scope=tables:public.owned_notes lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
TRUNCATE public.owned_notes RESTART IDENTITY;
