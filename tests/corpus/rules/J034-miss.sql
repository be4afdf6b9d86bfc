-- miss: J034
SELECT AddGeometryColumn('public', 'users', 'place', 4326, 'POINT', 2);
