-- miss: J020
-- run: no (fails with 42704 on the fixture)
SELECT query_to_xml('SELECT ' || current_setting('x.y'), true, false, '');
