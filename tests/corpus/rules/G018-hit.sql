-- rule: G018 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER EVENT TRIGGER corpus_noop ENABLE;
