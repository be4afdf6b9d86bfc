-- near: A059
ALTER TABLE public.order_items ADD CONSTRAINT not_valid FOREIGN KEY (product_id) REFERENCES public.users (id);
