-- miss: L001
COMMENT ON TABLE public.users IS NULL;
