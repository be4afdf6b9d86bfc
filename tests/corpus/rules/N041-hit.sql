-- rule: N041 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=lock
-- live: loses=definition scope=schema
DROP TEXT SEARCH CONFIGURATION app.words CASCADE;
