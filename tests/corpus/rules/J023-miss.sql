-- miss: J023
SELECT table_to_xml('public.active_users', true, false, '');
