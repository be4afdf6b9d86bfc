-- miss: F014
DO LANGUAGE plperl $$ 1 $$;
