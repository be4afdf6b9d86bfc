-- rule: A034 class=none loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok loose=rerun live=yes
ALTER TABLE public.big_counts ALTER COLUMN n TYPE int4;
