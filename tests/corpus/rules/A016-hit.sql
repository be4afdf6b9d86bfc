-- rule: A016 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=scope
ALTER TABLE public.users DROP COLUMN is_active CASCADE;
