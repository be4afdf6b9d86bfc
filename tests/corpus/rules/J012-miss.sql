-- miss: J012
SELECT pg_conf_load_time();
