-- near: A057
ALTER TABLE public.owned_notes ADD CONSTRAINT owned_notes_idx PRIMARY KEY (id);
