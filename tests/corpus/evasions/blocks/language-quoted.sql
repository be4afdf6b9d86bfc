-- class: destructive
-- and be quoted
DO LANGUAGE 'plpgsql' $$ BEGIN DROP TABLE archive.old_orders; END $$;
