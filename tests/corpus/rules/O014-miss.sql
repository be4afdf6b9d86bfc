-- miss: O014
SET deadlock_timeout = '1s';
