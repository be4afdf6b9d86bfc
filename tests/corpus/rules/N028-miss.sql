-- miss: N028
CREATE COLLATION app.other FROM "C";
