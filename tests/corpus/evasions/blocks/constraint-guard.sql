-- class: additive
-- the usual guard of a constraint
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'users_name_check') THEN
        ALTER TABLE public.users ADD CONSTRAINT users_name_check CHECK (name <> '');
    END IF;
END $$;
