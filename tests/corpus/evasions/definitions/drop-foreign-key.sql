-- class: destructive
-- a foreign key
ALTER TABLE public.orders DROP CONSTRAINT orders_user_fk;
