-- A value that was handed out is told by a function; what was never called, or was set without, has
-- to be read from the sequence itself.
SELECT n.nspname, c.relname,
       CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                 AND NOT (pg_catalog.pg_is_in_recovery() AND c.relpersistence = 'u')
            THEN pg_catalog.pg_sequence_last_value(c.oid) END,
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
       c.relpersistence
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND (NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                   WHERE d.classid = 1259 AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')
       OR EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE c.oid = ANY (e.extconfig)))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
