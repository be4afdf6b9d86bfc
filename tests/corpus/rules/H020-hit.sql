-- rule: H020 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER SEQUENCE app.spare_seq RENAME TO other_seq;
