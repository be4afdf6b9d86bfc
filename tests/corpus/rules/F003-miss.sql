-- miss: F003
CREATE FUNCTION app.shell(command text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN command; END';
