-- PostgreSQL refuses to use an enum value in the transaction that adds it, so people cut such a file in two by hand.
BEGIN;
ALTER TYPE order_status ADD VALUE 'returned' AFTER 'shipped';
ALTER TABLE orders ADD COLUMN returned_at timestamptz;
UPDATE orders SET status = 'returned', returned_at = now() WHERE id % 400 = 0;
COMMIT;
