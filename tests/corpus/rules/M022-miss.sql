-- miss: M022
ALTER TABLESPACE fast RESET (seq_page_cost);
