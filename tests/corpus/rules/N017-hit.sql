-- rule: N017 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends
ALTER PUBLICATION corpus_pub DROP TABLE public.users;
