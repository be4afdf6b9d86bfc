-- rule: A092 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE public.empty_table OWNER TO corpus_spare;
