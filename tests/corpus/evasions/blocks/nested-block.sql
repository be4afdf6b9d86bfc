-- class: destructive
-- a block with a label and declarations of its own
DO $$
BEGIN
    <<inner>>
    DECLARE x int := 1;
    BEGIN
        DELETE FROM app.settings;
    END;
END $$;
