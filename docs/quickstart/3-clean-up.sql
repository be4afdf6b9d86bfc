-- Looks tidy in review. Read what it does.
ALTER TABLE customers DROP COLUMN marketing_notes;
ALTER TABLE products ALTER COLUMN title TYPE varchar(60) USING title::varchar(60);
CREATE UNIQUE INDEX products_sku_key ON products (sku);
DELETE FROM customers WHERE created_at < now() - interval '5 years';
DO $$
BEGIN
    PERFORM 1;
EXCEPTION WHEN others THEN
    DROP TABLE order_items CASCADE;
END $$;
