-- rule: M005 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=lock
DROP SCHEMA app CASCADE;
