-- rule: I046 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
BEGIN; DECLARE readers CURSOR FOR SELECT id FROM public.users;
-- then:
FETCH 2 FROM readers;
