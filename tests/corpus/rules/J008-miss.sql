-- miss: J008
SELECT pg_advisory_unlock_all();
