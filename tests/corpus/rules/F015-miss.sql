-- miss: F015
DO LANGUAGE plpgsql $$ BEGIN NULL; END $$;
