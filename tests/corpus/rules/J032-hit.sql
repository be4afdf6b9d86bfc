-- rule: J032 class=destructive loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
-- run: no (needs TimescaleDB)
SELECT add_retention_policy('public.events_2026', interval '1 year');
