-- miss: O003
-- run: no (changes the whole server, or is one side of a block)
ROLLBACK;
