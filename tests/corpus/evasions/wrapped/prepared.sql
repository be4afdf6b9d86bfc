-- class: destructive
-- PREPARE and EXECUTE
PREPARE p (text) AS DELETE FROM app.settings WHERE key <> $1; EXECUTE p ('none');
