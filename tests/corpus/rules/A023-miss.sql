-- near: A023
ALTER TABLE public.orders ALTER COLUMN shipped_on TYPE timestamp;
