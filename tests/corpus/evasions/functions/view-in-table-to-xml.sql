-- class: destructive|unknown
-- table_to_xml of a view that calls
CREATE VIEW public.made AS SELECT app.purge_users() AS n; SELECT table_to_xml('public.made', true, false, '');
