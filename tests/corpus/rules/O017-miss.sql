-- miss: O017
SET session_replication_role = local;
