-- rule: Z013 class=destructive
-- run: no (fails in one transaction: that is the point)
ALTER TYPE public.order_status ADD VALUE 'on_hold';
UPDATE public.orders SET status = 'on_hold' WHERE false;
