-- class: destructive|unknown
-- text from a comment on an object
COMMENT ON TABLE public.empty_table IS 'DROP TABLE archive.old_orders';
DO $$
BEGIN
    EXECUTE obj_description('public.empty_table'::regclass);
END $$;
