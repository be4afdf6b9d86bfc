-- class: destructive
CREATE TABLE spare.duplicates(i int); SET search_path=spare; DO $$ BEGIN IF true THEN SET search_path=public; END IF; END $$; DROP TABLE duplicates;
