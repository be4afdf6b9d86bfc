-- class: destructive
-- switched off
ALTER TABLE public.orders DISABLE TRIGGER orders_audit;
