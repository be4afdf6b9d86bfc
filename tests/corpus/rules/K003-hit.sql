-- rule: K003 class=none loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=ok loose=scan
ANALYZE public.users;
