-- miss: I065
TRUNCATE public.duplicates;
