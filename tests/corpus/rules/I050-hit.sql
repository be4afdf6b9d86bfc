-- rule: I050 class=none loses=nothing scope=none lock=SHARE rewrite=no scan=no transaction=yes rerun=ok
BEGIN;
-- then:
LOCK TABLE public.users IN SHARE MODE;
