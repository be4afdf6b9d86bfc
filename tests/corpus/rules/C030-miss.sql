-- miss: C030
ALTER TABLE public.owned_notes RENAME TO notes_index;
