-- class: destructive
-- every referencing table
TRUNCATE public.users CASCADE;
