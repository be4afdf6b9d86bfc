-- rule: M019 class=destructive loses=outside scope=database lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a second database)
DROP DATABASE corpus_extra;
