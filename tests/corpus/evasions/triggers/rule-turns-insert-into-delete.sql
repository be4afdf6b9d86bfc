-- class: destructive
-- the action of a rule is a statement
CREATE RULE r AS ON INSERT TO public.empty_table DO ALSO DELETE FROM app.settings; INSERT INTO public.empty_table VALUES (9);
