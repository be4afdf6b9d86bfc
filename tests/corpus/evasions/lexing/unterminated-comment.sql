-- class: unknown|refused effect=none error=42601
-- run: psql
-- cannot be read to the end
SELECT 1; /* DROP TABLE archive.old_orders;