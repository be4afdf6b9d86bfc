-- rule: H021 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER SEQUENCE app.spare_seq SET SCHEMA archive;
