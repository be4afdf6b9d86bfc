-- class: destructive
DO $$ BEGIN IF true THEN ALTER TYPE app.address RENAME TO zz; END IF; END $$;
DROP TYPE IF EXISTS app.zz CASCADE;
