-- class: destructive
-- clients break
ALTER TABLE public.duplicates RENAME TO doubles;
