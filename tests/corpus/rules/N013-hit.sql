-- rule: N013 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=lock
DROP SERVER corpus_server CASCADE;
