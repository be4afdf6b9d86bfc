-- miss: I060
INSERT INTO public.duplicates SELECT 1, enumlabel FROM pg_catalog.pg_enum;
