-- rule: I032 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
SELECT id, email INTO TEMPORARY emails FROM public.users;
