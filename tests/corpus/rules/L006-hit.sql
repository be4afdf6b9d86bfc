-- rule: L006 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok until=17
REVOKE SELECT ON public.users FROM corpus_reader;
