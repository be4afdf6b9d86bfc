-- miss: I061
UPDATE public.duplicates SET code = 'pg_catalog.pg_enum';
