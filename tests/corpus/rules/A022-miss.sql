-- near: A022
ALTER TABLE public.orders ALTER COLUMN placed_at TYPE timestamptz;
