-- miss: F012
CREATE AGGREGATE app.product_of(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');
