-- class: additive
-- made, not called
CREATE FUNCTION app.native() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
