-- class: destructive|unknown
-- a cursor over EXECUTE
DO $$
DECLARE
    c refcursor;
    i int;
BEGIN
    OPEN c FOR EXECUTE 'SELECT app.purge_users()';
    FETCH c INTO i;
END $$;
