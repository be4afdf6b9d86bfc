-- class: enum effect=none
-- the usual guard of an enum type
DO $$
BEGIN
    CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
