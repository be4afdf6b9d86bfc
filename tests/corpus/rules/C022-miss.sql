-- miss: C022
REINDEX (CONCURRENTLY false) INDEX public.users_name_idx;
