-- miss: J013
SELECT pg_current_wal_lsn();
