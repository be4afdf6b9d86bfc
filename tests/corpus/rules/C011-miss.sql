-- miss: C011
DROP INDEX public.users_name_idx;
