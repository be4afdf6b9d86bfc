-- miss: I062
DELETE FROM public.duplicates WHERE code IN (SELECT enumlabel FROM pg_enum);
