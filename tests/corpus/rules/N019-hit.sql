-- rule: N019 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER PUBLICATION corpus_pub RENAME TO other_pub;
