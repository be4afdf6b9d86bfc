-- class: destructive
-- a line with # at the top of a body
DO $$
#variable_conflict use_column
BEGIN
    DROP TABLE archive.old_orders;
END $$;
