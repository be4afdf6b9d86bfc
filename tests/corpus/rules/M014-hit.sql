-- rule: M014 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (needs a second database)
ALTER DATABASE corpus_extra CONNECTION LIMIT 5;
