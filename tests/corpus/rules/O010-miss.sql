-- miss: O010
ROLLBACK;
