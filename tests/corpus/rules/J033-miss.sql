-- miss: J033
-- run: no (fails with 42883 on the fixture)
SELECT DropGeometryColumn('public', 'users', 'place');
