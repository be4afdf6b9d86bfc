-- miss: M024
DROP SCHEMA fast;
