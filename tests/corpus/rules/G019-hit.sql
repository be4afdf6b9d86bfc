-- rule: G019 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER EVENT TRIGGER corpus_noop RENAME TO corpus_nothing;
