-- miss: J011
SELECT pg_backend_pid();
