-- near: A060
ALTER TABLE public.loose_items ADD CONSTRAINT loose_exclude UNIQUE (user_id);
