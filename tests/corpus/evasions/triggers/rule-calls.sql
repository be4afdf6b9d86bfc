-- class: destructive|unknown
-- a rule that only calls
CREATE RULE r AS ON INSERT TO public.empty_table DO ALSO SELECT app.purge_users(); INSERT INTO public.empty_table VALUES (9);
