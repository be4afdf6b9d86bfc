-- rule: D054 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER DOMAIN app.email_address RENAME CONSTRAINT email_has_at TO has_at;
