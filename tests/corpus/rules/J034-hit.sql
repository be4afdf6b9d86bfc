-- rule: J034 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs PostGIS)
SELECT DropGeometryColumn('public', 'users', 'place');
