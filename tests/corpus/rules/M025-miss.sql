-- miss: M025
-- run: no (fails with 3D000 on the fixture)
ALTER DATABASE corpus_extra SET work_mem = '8MB';
