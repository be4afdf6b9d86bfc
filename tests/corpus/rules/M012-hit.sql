-- rule: M012 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (a database outlives the test)
CREATE DATABASE corpus_extra;
