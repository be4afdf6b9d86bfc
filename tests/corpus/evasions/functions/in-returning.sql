-- class: destructive|unknown
-- in RETURNING
INSERT INTO public.empty_table (id) VALUES (1) RETURNING app.purge_users();
