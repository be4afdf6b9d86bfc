-- rule: E003 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE TEMPORARY VIEW mine AS SELECT id FROM public.users;
