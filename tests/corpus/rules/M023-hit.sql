-- rule: M023 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (needs a tablespace)
ALTER TABLESPACE fast OWNER TO corpus_owner;
