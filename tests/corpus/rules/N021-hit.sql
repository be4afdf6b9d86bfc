-- rule: N021 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a second server)
CREATE SUBSCRIPTION spare_sub CONNECTION 'dbname=elsewhere' PUBLICATION corpus_pub;
