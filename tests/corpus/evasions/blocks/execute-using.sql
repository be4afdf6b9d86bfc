-- class: destructive
-- with parameters
DO $$
BEGIN
    EXECUTE 'DELETE FROM app.settings WHERE key <> $1' USING 'none';
END $$;
