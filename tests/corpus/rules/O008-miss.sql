-- miss: O008
PREPARE corpus AS SELECT 1;
