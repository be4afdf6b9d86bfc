-- rule: A058 class=additive loses=nothing scope=none lock=SHARE ROW EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
ALTER TABLE public.order_items ADD CONSTRAINT items_user FOREIGN KEY (product_id) REFERENCES public.users (id);
