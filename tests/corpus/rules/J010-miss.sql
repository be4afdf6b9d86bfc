-- miss: J010
SELECT clock_timestamp();
