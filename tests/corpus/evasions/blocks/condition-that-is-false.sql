-- class: destructive effect=none
-- a branch that is not taken is judged all the same
DO $$
BEGIN
    IF false THEN
        DROP TABLE archive.old_orders;
    END IF;
END $$;
