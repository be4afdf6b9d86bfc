-- miss: D012
ALTER TYPE app.mood RENAME TO fine;
