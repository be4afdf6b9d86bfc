-- miss: J024
SELECT table_to_xmlschema('public.active_users', true, false, '');
