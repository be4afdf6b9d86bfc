-- class: destructive|unknown
-- and the operand of CASE
DO $$
BEGIN
    CASE app.purge_users() WHEN 1 THEN NULL; ELSE NULL; END CASE;
END $$;
