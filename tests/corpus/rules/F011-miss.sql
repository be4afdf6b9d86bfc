-- miss: F011
CREATE OR REPLACE AGGREGATE app.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0');
