-- class: unknown|refused
-- run: psql
-- \copy of a DELETE
\copy (DELETE FROM app.settings RETURNING *) TO '/dev/null'
