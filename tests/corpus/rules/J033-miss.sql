-- miss: J033
SELECT DropGeometryColumn('public', 'users', 'place');
