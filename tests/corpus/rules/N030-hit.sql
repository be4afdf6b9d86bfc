-- rule: N030 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE OPERATOR CLASS app.int_ops FOR TYPE int USING hash AS OPERATOR 1 =;
