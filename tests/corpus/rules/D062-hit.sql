-- rule: D062 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER TYPE app.point3 SET SCHEMA archive;
