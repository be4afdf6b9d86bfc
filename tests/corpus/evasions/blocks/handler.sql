-- class: destructive
-- the usual guard of an enum type, with a twist in its handler
DO $$
BEGIN
    CREATE TYPE app.mood AS ENUM ('a');
EXCEPTION WHEN duplicate_object THEN
    DROP TYPE app.priority CASCADE;
END $$;
