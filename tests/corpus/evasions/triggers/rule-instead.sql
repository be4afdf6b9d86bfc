-- class: destructive
-- INSTEAD
CREATE RULE r AS ON INSERT TO public.empty_table DO INSTEAD (SELECT 1; DELETE FROM app.settings); INSERT INTO public.empty_table VALUES (9);
