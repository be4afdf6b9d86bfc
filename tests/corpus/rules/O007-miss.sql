-- miss: O007
ROLLBACK;
