-- class: destructive
-- the language may stand first
DO LANGUAGE plpgsql $$ BEGIN DROP TABLE archive.old_orders; END $$;
