-- near: A008
ALTER TABLE public.duplicates ALTER COLUMN id SET NOT NULL;
