-- miss: O003
ROLLBACK;
