-- near: A012
ALTER TABLE public.loose_items ADD COLUMN deferrable_code text UNIQUE;
