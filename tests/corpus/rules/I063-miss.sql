-- miss: I063 since=15
MERGE INTO public.duplicates d USING pg_catalog.pg_enum e ON d.code = e.enumlabel WHEN MATCHED THEN DO NOTHING;
