-- rule: A122 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TYPE app.point3 ALTER ATTRIBUTE x TYPE bigint;
