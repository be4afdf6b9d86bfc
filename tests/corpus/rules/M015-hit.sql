-- rule: M015 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=no rerun=ok
-- run: no (needs a second database)
ALTER DATABASE corpus_extra SET TABLESPACE fast;
