-- rule: I047 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails loose=rerun
BEGIN; DECLARE readers CURSOR FOR SELECT id FROM public.users;
-- then:
CLOSE readers;
