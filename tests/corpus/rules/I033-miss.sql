-- miss: I033
SELECT id AS "for update" FROM public.users;
