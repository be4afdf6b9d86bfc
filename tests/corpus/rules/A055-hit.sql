-- rule: A055 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE UNIQUE INDEX users_nick_idx ON public.users (nickname);
-- then:
ALTER TABLE public.users ADD CONSTRAINT users_nick_key UNIQUE USING INDEX users_nick_idx;
