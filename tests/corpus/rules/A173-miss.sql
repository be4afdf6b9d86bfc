-- near: A173
ALTER TABLE public.orders RENAME TO remote_orders;
