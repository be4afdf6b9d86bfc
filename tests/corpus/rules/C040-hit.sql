-- rule: C040 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE STATISTICS app.users_stats (ndistinct) ON name, age FROM public.users;
