-- rule: C011 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=no rerun=fails
DROP INDEX CONCURRENTLY public.users_name_idx;
