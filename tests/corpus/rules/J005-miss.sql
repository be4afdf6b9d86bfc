-- miss: J005
SELECT slot_name FROM pg_replication_slots;
