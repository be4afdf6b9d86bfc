-- class: destructive
DO $$ BEGIN IF true THEN ALTER TABLE duplicates RENAME TO zz; DROP TABLE IF EXISTS zz; END IF; END $$;
