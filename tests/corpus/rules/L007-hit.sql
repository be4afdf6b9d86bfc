-- rule: L007 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
GRANT corpus_owner TO corpus_spare;
