-- rule: F011 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE AGGREGATE app.sum_of(int) (sfunc = int4pl, stype = int, initcond = '0');
