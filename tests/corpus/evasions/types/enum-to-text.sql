-- class: destructive
-- an enum column becomes text
ALTER TABLE public.users ALTER COLUMN role DROP DEFAULT; ALTER TABLE public.users ALTER COLUMN role TYPE text;
