-- class: destructive
-- ON DELETE SET NULL changes another table
DELETE FROM public.coupons;
