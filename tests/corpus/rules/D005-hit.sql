-- rule: D005 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE DOMAIN app.percentage AS int CHECK (VALUE BETWEEN 0 AND 100);
