-- rule: I042 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
PREPARE by_id (int) AS SELECT * FROM public.users WHERE id = $1;
