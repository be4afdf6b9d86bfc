-- miss: N040
DROP COLLATION app.plain CASCADE;
