-- rule: A190 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER VIEW public.active_users RESET (security_barrier);
