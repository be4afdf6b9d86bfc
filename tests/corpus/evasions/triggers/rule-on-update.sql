-- class: destructive
-- ON UPDATE
CREATE RULE r AS ON UPDATE TO public.categories DO ALSO DELETE FROM app.settings; UPDATE public.categories SET name = name WHERE id = 1;
