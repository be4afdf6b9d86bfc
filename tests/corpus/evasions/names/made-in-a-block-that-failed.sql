-- class: destructive
-- or undone by a handler
DO $$ BEGIN
    ALTER TABLE archive.old_orders RENAME TO kept;
    CREATE TABLE archive.old_orders (id int);
    RAISE EXCEPTION 'no';
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
DROP TABLE archive.old_orders;
