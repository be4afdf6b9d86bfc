-- miss: I011
SELECT 'DELETE FROM public.duplicates';
