-- miss: M014
-- run: no (changes the whole server, or is one side of a block)
ALTER DATABASE corpus_extra SET TABLESPACE fast;
