-- rule: B005 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE TABLE public.vans (seats int) INHERITS (public.vehicles);
