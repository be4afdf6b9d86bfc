-- rule: Z005 class=unknown
-- run: no (needs plpython3u)
DO LANGUAGE plpython3u $$ pass $$;
