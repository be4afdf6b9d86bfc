-- rule: C020 class=none loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=yes rerun=ok
REINDEX TABLE public.users;
