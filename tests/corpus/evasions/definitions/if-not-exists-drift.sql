-- class: none|additive
-- skipped by name; that the columns differ nobody says
CREATE INDEX IF NOT EXISTS users_name_idx ON public.users (age);
