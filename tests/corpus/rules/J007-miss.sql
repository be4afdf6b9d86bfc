-- miss: J007
SELECT pg_sleep(0);
