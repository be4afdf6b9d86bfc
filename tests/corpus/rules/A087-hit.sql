-- rule: A087 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok since=15 loose=rewrite
ALTER TABLE public.users SET ACCESS METHOD heap;
