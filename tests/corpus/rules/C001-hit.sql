-- rule: C001 class=additive loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=yes rerun=fails
CREATE INDEX users_age_idx ON public.users (age);
