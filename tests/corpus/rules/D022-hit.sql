-- rule: D022 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER DOMAIN app.positive_amount DROP NOT NULL;
