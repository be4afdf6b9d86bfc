-- rule: A082 class=none loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.users SET WITHOUT OIDS;
