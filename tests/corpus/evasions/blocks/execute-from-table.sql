-- class: destructive|unknown
-- text from a table
INSERT INTO public.empty_table (note) VALUES ('DROP TABLE archive.old_orders');
DO $$
DECLARE
    s text;
BEGIN
    SELECT note INTO s FROM public.empty_table;
    EXECUTE s;
END $$;
