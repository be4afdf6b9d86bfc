-- miss: I012 since=15
MERGE INTO public.duplicates d USING public.owned_notes n ON d.id = n.id WHEN MATCHED THEN UPDATE SET code = n.note;
