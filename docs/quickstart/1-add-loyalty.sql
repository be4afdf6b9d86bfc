-- The kind of migration that happens every week.
ALTER TABLE customers ADD COLUMN loyalty_points int NOT NULL DEFAULT 0;
CREATE INDEX CONCURRENTLY customers_loyalty_idx ON customers (loyalty_points);
