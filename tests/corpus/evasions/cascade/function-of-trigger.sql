-- class: destructive
-- the triggers go
DROP FUNCTION app.touch() CASCADE;
