-- rule: I045 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails loose=rerun
BEGIN;
-- then:
DECLARE readers CURSOR FOR SELECT id FROM public.users;
