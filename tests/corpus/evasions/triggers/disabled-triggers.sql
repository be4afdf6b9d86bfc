-- class: destructive
-- the same by ALTER TABLE
ALTER TABLE public.coupons DISABLE TRIGGER ALL; DELETE FROM public.coupons; ALTER TABLE public.coupons ENABLE TRIGGER ALL;
