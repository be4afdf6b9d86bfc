-- miss: D050
ALTER TYPE app.point3 RENAME TO climate;
