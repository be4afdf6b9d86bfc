-- miss: F024
DROP CAST IF EXISTS (int AS text);
