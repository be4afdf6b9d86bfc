-- class: destructive
-- under an INSERT
WITH moved AS (DELETE FROM app.settings RETURNING key) INSERT INTO public.empty_table (note) SELECT key FROM moved;
