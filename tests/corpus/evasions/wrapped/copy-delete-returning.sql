-- class: destructive
-- COPY of a DELETE
COPY (DELETE FROM app.settings RETURNING *) TO '/dev/null';
