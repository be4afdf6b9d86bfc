-- miss: C003
CREATE INDEX "unique" ON public.users (login_name) WHERE deleted_at IS NULL;
