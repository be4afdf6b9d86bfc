-- rule: D023 class=additive loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=yes rerun=ok
ALTER DOMAIN app.positive_amount SET NOT NULL;
