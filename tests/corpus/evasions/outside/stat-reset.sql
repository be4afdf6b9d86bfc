-- class: unknown|destructive|none
-- statistics
SELECT pg_stat_reset();
