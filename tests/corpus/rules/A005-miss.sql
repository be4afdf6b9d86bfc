-- near: A005
ALTER TABLE public.empty_table ADD COLUMN must text NOT NULL DEFAULT '';
