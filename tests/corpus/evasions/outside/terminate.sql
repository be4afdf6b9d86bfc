-- class: unknown|destructive effect=none
-- somebody else's session
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE false;
