-- class: destructive|unknown
-- an assignment calls
DO $$
DECLARE
    i int;
BEGIN
    i := app.purge_users();
END $$;
