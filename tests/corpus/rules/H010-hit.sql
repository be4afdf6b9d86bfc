-- rule: H010 class=destructive loses=sequence scope=tables:app.spare_seq lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP SEQUENCE app.spare_seq;
