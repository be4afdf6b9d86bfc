-- rule: E031 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=loses
DROP VIEW public.active_users CASCADE;
