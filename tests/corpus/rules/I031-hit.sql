-- rule: I031 class=additive loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
SELECT id, email INTO public.emails FROM public.users;
