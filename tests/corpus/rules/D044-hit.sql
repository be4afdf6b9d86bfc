-- rule: D044 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP DOMAIN app.positive_amount CASCADE;
