-- miss: Z002
ALTER TABLE public.orders ALTER COLUMN total SET DEFAULT 2;
