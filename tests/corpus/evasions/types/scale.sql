-- class: destructive
-- the assignment cast rounds
ALTER TABLE public.order_items ALTER COLUMN unit_price TYPE numeric(12, 1);
