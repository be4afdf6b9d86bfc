-- class: additive
-- creates the table
EXPLAIN ANALYZE CREATE TABLE public.copied AS SELECT * FROM app.settings;
