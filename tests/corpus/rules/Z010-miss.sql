-- miss: Z010
DO $$ BEGIN IF false THEN EXECUTE 'ANALYZE public.users'; END IF; END $$;
