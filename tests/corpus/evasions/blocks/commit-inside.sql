-- class: destructive
-- a block that ends transactions itself
DO $$
BEGIN
    DELETE FROM app.settings;
    COMMIT;
    DROP TABLE archive.old_orders;
END $$;
