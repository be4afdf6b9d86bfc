-- rule: A051 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TABLE public.users ADD CONSTRAINT users_old CHECK (age < 20) NOT VALID;
