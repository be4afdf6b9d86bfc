-- miss: M015
-- run: no (fails with 3D000 on the fixture)
ALTER DATABASE corpus_extra RESET work_mem;
