-- miss: N044
ALTER TABLE app.settings SET SCHEMA spare;
