-- class: destructive|unknown
-- as a value of an INSERT
INSERT INTO public.empty_table (id) VALUES (app.purge_users());
