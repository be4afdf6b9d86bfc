-- class: destructive
CREATE TABLE spare.duplicates(i int); CREATE PROCEDURE spare.f() LANGUAGE plpgsql AS $$BEGIN SET search_path=public; END$$; SET search_path=spare; CALL f(); DROP TABLE duplicates;
