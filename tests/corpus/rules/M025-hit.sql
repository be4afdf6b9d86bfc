-- rule: M025 class=destructive loses=outside scope=database lock=none rewrite=no scan=no transaction=no rerun=ok
-- run: no (changes the whole server)
ALTER SYSTEM SET work_mem = '8MB';
