-- $1: tables. What COPY takes: no generated columns.
SELECT a.attrelid, a.attname
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attrelid, a.attnum
