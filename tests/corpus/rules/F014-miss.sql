-- miss: F014
-- run: no (fails with 42704 on the fixture)
DO LANGUAGE plperl $$ 1 $$;
