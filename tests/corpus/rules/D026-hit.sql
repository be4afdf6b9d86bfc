-- rule: D026 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER DOMAIN app.positive_amount DROP CONSTRAINT amount_not_negative;
