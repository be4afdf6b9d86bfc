-- rule: A062 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=ok since=18
ALTER TABLE public.users ADD CONSTRAINT users_birth_known NOT NULL birth;
