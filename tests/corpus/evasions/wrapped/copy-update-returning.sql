-- class: destructive
-- COPY of an UPDATE
COPY (UPDATE app.settings SET value = '0' RETURNING key) TO '/dev/null';
