-- miss: M008
ALTER TABLE app.settings SET SCHEMA spare;
