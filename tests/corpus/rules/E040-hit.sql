-- rule: E040 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER VIEW app.spare_view RENAME TO spare;
