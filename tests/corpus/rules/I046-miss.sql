-- miss: I046
SELECT id AS fetch FROM public.users;
