-- rule: N015 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE PUBLICATION spare_pub FOR TABLE public.users;
