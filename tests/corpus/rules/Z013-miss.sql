-- miss: Z013
ALTER TYPE public.order_status ADD VALUE 'on_hold';
UPDATE public.orders SET status = 'paid' WHERE false;
