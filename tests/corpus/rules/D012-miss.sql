-- miss: D012
ALTER TYPE app.point3 RENAME TO value;
