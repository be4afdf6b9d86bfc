-- rule: C003 class=additive loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=yes rerun=fails
CREATE UNIQUE INDEX users_login_idx ON public.users (login_name) WHERE deleted_at IS NULL;
