-- miss: N011
DROP TABLE app.settings;
