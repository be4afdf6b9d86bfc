-- miss: M003
-- run: no (fails with 3D000 on the fixture)
ALTER DATABASE spare OWNER TO corpus_owner;
