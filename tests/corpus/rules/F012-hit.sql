-- rule: F012 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
CREATE OR REPLACE AGGREGATE app.product_of(int) (sfunc = int4pl, stype = int, initcond = '0');
