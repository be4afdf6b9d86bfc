-- class: destructive|unknown
-- a cursor variable
DO $$
DECLARE
    c CURSOR FOR SELECT app.purge_users();
    i int;
BEGIN
    OPEN c;
    FETCH c INTO i;
END $$;
