-- miss: D010
ALTER TYPE app.mood RENAME VALUE 'ok' TO 'add value';
