-- class: destructive
CREATE TABLE spare.duplicates(i int); CREATE FUNCTION spare.f() RETURNS text LANGUAGE sql AS $$SELECT set_config('search_path','public',false)$$; SET search_path=spare; SELECT f(); DROP TABLE duplicates;
