-- miss: E003
CREATE VIEW public.temporary AS SELECT id FROM public.users;
