-- miss: C010
DROP INDEX CONCURRENTLY public.users_name_idx;
