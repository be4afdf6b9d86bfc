-- miss: M020
-- run: no (fails with 42704 on the fixture)
ALTER TABLESPACE fast SET (seq_page_cost = 0.5);
