-- miss: J021
SELECT query_to_xml('SELECT ' || '1', true, false, '');
