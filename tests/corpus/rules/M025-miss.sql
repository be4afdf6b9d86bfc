-- miss: M025
ALTER DATABASE corpus_extra SET work_mem = '8MB';
