-- rule: M016 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs a second database)
ALTER DATABASE corpus_extra RENAME TO corpus_other;
