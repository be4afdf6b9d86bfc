-- miss: N010
ALTER TABLE app.settings SET SCHEMA spare;
