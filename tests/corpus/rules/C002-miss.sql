-- miss: C002
CREATE INDEX concurrently_made ON public.users (age);
