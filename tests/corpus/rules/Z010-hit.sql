-- rule: Z010 class=unknown
DO $$ BEGIN IF false THEN EXECUTE 'DORP TABLE public.users'; END IF; END $$;
