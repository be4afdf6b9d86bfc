-- miss: M014
ALTER DATABASE corpus_extra SET TABLESPACE fast;
