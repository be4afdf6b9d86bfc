-- class: destructive
CREATE TABLE spare.duplicates(i int); CREATE FUNCTION spare.f() RETURNS int LANGUAGE plpgsql AS $$BEGIN SET search_path=public; RETURN 1; END$$; SET search_path=spare; SELECT f(); DROP TABLE duplicates;
