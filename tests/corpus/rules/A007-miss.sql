-- near: A007
ALTER TABLE public.duplicates ADD COLUMN serial bigint;
