-- miss: O001
-- run: no (changes the whole server, or is one side of a block)
START TRANSACTION;
