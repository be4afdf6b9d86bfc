-- near: A056
ALTER TABLE public.owned_notes ADD UNIQUE (id);
