-- miss: I015
TRUNCATE public.duplicates RESTRICT;
