-- miss: C040
ANALYZE public.users (name, age);
