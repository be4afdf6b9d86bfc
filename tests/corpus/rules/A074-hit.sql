-- rule: A074 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.users RENAME CONSTRAINT users_age_check TO users_years_check;
