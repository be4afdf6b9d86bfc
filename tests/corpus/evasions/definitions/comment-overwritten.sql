-- class: destructive
-- the old comment
COMMENT ON TABLE public.users IS 'People';
