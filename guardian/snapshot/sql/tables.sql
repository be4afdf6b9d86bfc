-- Everything that holds rows (r, f), and partitioned tables (p), through which others are meant. What
-- belongs to an extension counts only when the extension names it as configuration. Nothing here waits for a lock.
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence,
       c.relfilenode,
       coalesce(m.amhandler = 'pg_catalog.heap_tableam_handler'::pg_catalog.regproc, false),
       k.condition,
       pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
       pg_catalog.row_security_active(c.oid),
       coalesce(p.partstrat, '')
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = c.oid
LEFT JOIN (SELECT u.config, u.condition
           FROM pg_catalog.pg_extension AS e,
                ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS u (config, condition)
          ) AS k ON k.config = c.oid
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND (k.config IS NOT NULL
       OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 1259 AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
