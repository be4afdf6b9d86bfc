-- rule: G004 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TRIGGER users_touch ON public.users RENAME TO a_touch;
