-- rule: G021 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
DROP EVENT TRIGGER corpus_noop;
