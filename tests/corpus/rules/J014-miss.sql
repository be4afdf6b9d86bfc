-- miss: J014
SELECT pg_stat_get_numscans(0);
