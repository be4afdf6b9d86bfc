-- miss: L003
COMMENT ON TABLE public.users IS 'secret';
