-- rule: D020 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER DOMAIN app.positive_amount SET DEFAULT 1;
