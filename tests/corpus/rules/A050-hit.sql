-- rule: A050 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
ALTER TABLE public.users ADD CONSTRAINT users_old CHECK (age < 200);
