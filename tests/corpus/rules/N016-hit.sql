-- rule: N016 class=additive loses=nothing scope=none lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
-- run: no (the oracle takes a longer list of tables for a lost one)
ALTER PUBLICATION corpus_pub ADD TABLE public.products;
