-- near: A064
ALTER TABLE public.order_items ADD CONSTRAINT items_user FOREIGN KEY (product_id) REFERENCES public.users (id) DEFERRABLE;
