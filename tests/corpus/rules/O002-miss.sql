-- miss: O002
-- run: no (changes the whole server, or is one side of a block)
BEGIN ISOLATION LEVEL SERIALIZABLE;
