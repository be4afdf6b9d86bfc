-- miss: O016
SET session_replication_role = origin;
