-- miss: Z012
SET search_path = public;
SELECT lower('A');
