-- class: destructive|unknown
-- behind a view
CREATE VIEW public.made AS SELECT app.purge_users() AS n; SELECT * FROM public.made;
