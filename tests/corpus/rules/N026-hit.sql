-- rule: N026 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE OPERATOR app.==== (LEFTARG = int, RIGHTARG = int, FUNCTION = app.same);
