-- rule: N029 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE CAST (app.point3 AS text) WITH INOUT;
