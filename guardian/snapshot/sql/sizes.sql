-- $1: tables. It opens each of them, and would wait for a lock: to be asked once we hold our own.
SELECT c.oid, pg_catalog.pg_relation_size(c.oid),
       CASE WHEN c.reltoastrelid <> 0 THEN pg_catalog.pg_relation_size(c.reltoastrelid) ELSE 0 END
FROM pg_catalog.pg_class AS c
WHERE c.oid = ANY ($1::pg_catalog.oid[]) AND c.relkind = 'r'
