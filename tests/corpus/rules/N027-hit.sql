-- rule: N027 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE COLLATION app.other FROM "C";
