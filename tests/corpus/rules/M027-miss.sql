-- miss: M027
-- run: no (fails with 42704 on the fixture)
DROP ACCESS METHOD spare_heap CASCADE;
