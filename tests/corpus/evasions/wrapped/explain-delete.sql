-- class: none
-- plain EXPLAIN runs nothing
EXPLAIN DELETE FROM app.settings;
