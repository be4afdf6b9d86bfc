-- rule: J031 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=fails
-- run: no (needs TimescaleDB)
SELECT create_hypertable('public.events_2026', 'at');
