-- rule: A189 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER VIEW public.active_users SET (security_barrier = true);
