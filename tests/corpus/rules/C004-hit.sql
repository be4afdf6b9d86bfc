-- rule: C004 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=yes transaction=no rerun=fails
CREATE UNIQUE INDEX CONCURRENTLY users_login_idx ON public.users (login_name);
