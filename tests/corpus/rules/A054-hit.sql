-- rule: A054 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
ALTER TABLE public.users ADD CONSTRAINT users_nick_key UNIQUE (nickname);
