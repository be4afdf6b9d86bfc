-- rule: L001 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
COMMENT ON TABLE public.users IS 'Everybody';
