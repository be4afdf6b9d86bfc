-- miss: N035
DROP CONVERSION IF EXISTS app.to_latin;
