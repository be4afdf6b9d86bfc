-- rule: A085 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=rewrite
ALTER TABLE public.users SET TABLESPACE pg_default;
