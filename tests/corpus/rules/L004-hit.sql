-- rule: L004 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok until=17
GRANT SELECT ON public.coupons TO corpus_reader;
