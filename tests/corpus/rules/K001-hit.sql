-- rule: K001 class=none loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=yes transaction=no rerun=ok loose=scan
VACUUM public.users;
