-- miss: J020
SELECT query_to_xml('SELECT ' || current_setting('x.y'), true, false, '');
