-- near: A058
ALTER TABLE public.order_items ADD CONSTRAINT items_user FOREIGN KEY (product_id) REFERENCES public.users (id) NOT VALID;
