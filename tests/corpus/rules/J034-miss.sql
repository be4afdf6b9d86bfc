-- miss: J034
-- run: no (fails with 42883 on the fixture)
SELECT AddGeometryColumn('public', 'users', 'place', 4326, 'POINT', 2);
