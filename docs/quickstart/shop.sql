-- A small shop, as an application of a few months has it.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'cancelled');

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email citext NOT NULL UNIQUE,
    name varchar(80) NOT NULL,
    phone text,
    marketing_notes text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text NOT NULL,
    title varchar(200) NOT NULL,
    price numeric(10, 2) NOT NULL
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    status order_status NOT NULL DEFAULT 'pending',
    placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    product_id bigint NOT NULL REFERENCES products,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id)
);
CREATE INDEX orders_customer_idx ON orders (customer_id);
CREATE VIEW open_orders AS
    SELECT o.id, c.name, c.phone FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.status IN ('pending', 'paid');

INSERT INTO customers (email, name, phone, marketing_notes)
    SELECT format('customer%s@example.org', n), 'Customer ' || n,
           CASE WHEN n % 3 = 0 THEN '+49 30 ' || n END,
           CASE WHEN n % 2 = 0 THEN 'met at fair ' || n END
    FROM generate_series(1, 5000) n;
INSERT INTO products (sku, title, price)
    SELECT 'SKU-' || (n % 490), repeat('Fine thing ', 1 + n % 12) || n, round((n * 1.37)::numeric, 2)
    FROM generate_series(1, 500) n;
INSERT INTO orders (customer_id, status)
    SELECT 1 + n % 5000, (ENUM_RANGE(NULL::order_status))[1 + n % 4] FROM generate_series(1, 20000) n;
INSERT INTO order_items (order_id, product_id, quantity)
    SELECT n, 1 + n % 500, 1 + n % 3 FROM generate_series(1, 20000) n;
ANALYZE;
