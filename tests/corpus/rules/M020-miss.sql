-- miss: M020
ALTER TABLESPACE fast SET (seq_page_cost = 0.5);
