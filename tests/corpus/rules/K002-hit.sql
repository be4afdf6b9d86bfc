-- rule: K002 class=none loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=yes transaction=no rerun=ok loose=scan
VACUUM (FULL, ANALYZE) public.users;
