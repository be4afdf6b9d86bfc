-- miss: N036
ALTER COLLATION app.plain RENAME TO other;
