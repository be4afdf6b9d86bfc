-- class: unknown|destructive effect=none
-- the configuration
SELECT pg_reload_conf();
