-- near: A073
ALTER TABLE public.coupons RENAME COLUMN code TO vouchers;
