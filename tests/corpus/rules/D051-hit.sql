-- rule: D051 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TYPE app.point3 RENAME TO point;
