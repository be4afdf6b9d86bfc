-- miss: M013
-- run: no (fails with 3D000 on the fixture)
ALTER DATABASE corpus_extra CONNECTION LIMIT 5;
