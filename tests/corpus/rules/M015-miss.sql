-- miss: M015
ALTER DATABASE corpus_extra RESET work_mem;
