-- miss: L017
-- run: no (fails with 3D000 on the fixture)
ALTER DATABASE corpus_spare RENAME TO corpus_renamed;
