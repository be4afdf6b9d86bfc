-- rule: A088 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
