-- miss: J003
SELECT set_config('session_replication_role', 'origin', false);
