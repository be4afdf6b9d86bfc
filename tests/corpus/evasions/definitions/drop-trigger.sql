-- class: destructive
-- a trigger
DROP TRIGGER orders_audit ON public.orders;
