-- rule: C002 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=yes transaction=no rerun=fails
CREATE INDEX CONCURRENTLY users_age_idx ON public.users (age);
