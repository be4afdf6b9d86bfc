-- rule: N018 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
DROP PUBLICATION corpus_pub;
