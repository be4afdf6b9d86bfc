-- class: destructive
-- what ORMs call a rename or a change of type
ALTER TABLE public.users DROP COLUMN age, ADD COLUMN age text;
