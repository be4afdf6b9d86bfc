-- miss: M021
-- run: no (changes the whole server, or is one side of a block)
ALTER TABLESPACE pg_default RENAME TO usual;
