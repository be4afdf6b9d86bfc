-- class: destructive|unknown
-- as a changed default, used at once
ALTER TABLE public.empty_table ALTER COLUMN id SET DEFAULT app.purge_users(); INSERT INTO public.empty_table (note) VALUES ('x');
