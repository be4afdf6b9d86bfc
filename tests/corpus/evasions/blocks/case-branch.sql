-- class: destructive
-- CASE
DO $$
BEGIN
    CASE 2 WHEN 1 THEN NULL; WHEN 2 THEN DELETE FROM app.settings; ELSE NULL; END CASE;
END $$;
