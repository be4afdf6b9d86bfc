-- rule: C022 class=none loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=yes transaction=no rerun=ok
REINDEX INDEX CONCURRENTLY public.users_name_idx;
