-- rule: L003 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
-- run: no (needs a label provider)
SECURITY LABEL ON TABLE public.users IS 'secret';
