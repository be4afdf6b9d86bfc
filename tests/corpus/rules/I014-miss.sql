-- miss: I014
TRUNCATE public.duplicates CASCADE;
