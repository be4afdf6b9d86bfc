-- miss: C004
CREATE UNIQUE INDEX users_login_idx ON public.users (login_name);
