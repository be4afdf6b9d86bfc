-- miss: M022
-- run: no (fails with 42704 on the fixture)
ALTER TABLESPACE fast RESET (seq_page_cost);
