-- rule: M013 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (needs a second database)
ALTER DATABASE corpus_extra SET work_mem = '8MB';
