-- rule: E001 class=additive loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE VIEW public.admins AS SELECT id, email FROM public.users WHERE role = 'admin';
