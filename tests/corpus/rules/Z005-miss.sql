-- miss: Z005
DO LANGUAGE plpgsql $$ BEGIN NULL; END $$;
