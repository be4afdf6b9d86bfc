-- rule: N031 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE OPERATOR FAMILY app.int_family USING hash;
