-- rule: C030 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER INDEX public.users_name_idx RENAME TO users_by_name;
