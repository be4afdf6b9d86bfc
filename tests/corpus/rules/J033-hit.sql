-- rule: J033 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs PostGIS)
SELECT AddGeometryColumn('public', 'users', 'place', 4326, 'POINT', 2);
