-- miss: D011
ALTER TYPE public.order_status ADD VALUE 'before';
