-- miss: C001
CREATE INDEX CONCURRENTLY users_age_idx ON public.users (age);
