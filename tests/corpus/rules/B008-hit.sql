-- rule: B008 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE UNLOGGED TABLE public.scratch (id int);
