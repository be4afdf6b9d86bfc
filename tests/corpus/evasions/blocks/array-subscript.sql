-- class: destructive|unknown
-- and the subscript of an assignment
DO $$
DECLARE
    a int[];
BEGIN
    a[app.purge_users()] := 1;
END $$;
