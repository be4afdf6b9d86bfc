-- rule: L002 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
COMMENT ON COLUMN public.users.email IS NULL;
