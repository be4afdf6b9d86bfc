-- Runs at every boot, after the tool that keeps the tables.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE INDEX IF NOT EXISTS orders_customer_idx ON orders (customer_id);
DO $$ BEGIN
    CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'cancelled');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'order_items_quantity_check') THEN
        ALTER TABLE order_items ADD CONSTRAINT order_items_quantity_check CHECK (quantity > 0);
    END IF;
END $$;
INSERT INTO products (sku, title, price)
    SELECT 'GIFT', 'Gift card', 10 WHERE NOT EXISTS (SELECT 1 FROM products WHERE sku = 'GIFT');
