-- rule: A186 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.clustered SET WITHOUT CLUSTER;
