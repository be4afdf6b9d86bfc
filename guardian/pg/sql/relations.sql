-- $1: relations. A size is measured only where no lock can make it wait: a table that somebody
-- holds or wants in ACCESS EXCLUSIVE mode is counted by the number of pages that VACUUM or ANALYZE saw
-- last. So are all when there are very many, except those that neither has seen. The session's own
-- temporary schema goes by the name that scripts give it.
WITH blocked AS MATERIALIZED (
    SELECT relation FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), page AS MATERIALIZED (
    SELECT current_setting('block_size')::bigint AS bytes
)
SELECT c.oid, place.name, c.relname, quote_ident(place.name) || '.' || quote_ident(c.relname),
       c.relkind, c.relpersistence, c.relnamespace = pg_my_temp_schema(), c.relispartition,
       c.relispopulated, c.reltype, c.reloftype,
       x.indrelid,
       (SELECT e.refobjid FROM pg_depend AS e
        WHERE e.classid = 1259 AND e.objid = c.oid AND e.deptype = 'e'),
       pg_get_userbyid(c.relowner), c.reltuples,
       size.estimated,
       CASE WHEN c.relkind NOT IN ('r', 'm', 'i') THEN 0
            WHEN size.estimated THEN (c.relpages + coalesce(toast.relpages, 0)) * page.bytes
            ELSE pg_table_size(c.oid) END,
       c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
       coalesce(array_to_string(c.reloptions, ', '), ''),
       coalesce(s.spcname, ''),
       coalesce(m.amname, ''),
       d.description, c.relacl,
       pg_get_expr(c.relpartbound, c.oid),
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
       CASE WHEN c.relhassubclass
            THEN ARRAY(SELECT i.inhrelid FROM pg_inherits AS i WHERE i.inhparent = c.oid
                       ORDER BY i.inhrelid) END,
       CASE WHEN c.relkind IN ('r', 'p', 'f')
            THEN ARRAY(SELECT i.inhparent FROM pg_inherits AS i WHERE i.inhrelid = c.oid
                       ORDER BY i.inhseqno) END,
       CASE WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            THEN has_table_privilege(c.oid, 'SELECT')
                 AND NOT (c.relrowsecurity AND row_security_active(c.oid))
                 AND has_schema_privilege(n.oid, 'USAGE')
            ELSE true END
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN page
CROSS JOIN LATERAL (
    SELECT CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname END
) AS place (name)
LEFT JOIN pg_index AS x ON c.relkind IN ('i', 'I') AND x.indexrelid = c.oid
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
LEFT JOIN pg_am AS m ON m.oid = c.relam
LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid
CROSS JOIN LATERAL (
    SELECT c.relkind IN ('r', 'm', 'i')
           AND ((cardinality($1::oid[]) > 500 AND (c.relpages > 0 OR (@analysed@)))
                OR c.oid IN (SELECT relation FROM blocked))
) AS size (estimated)
LEFT JOIN pg_description AS d ON d.classoid = 1259 AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.oid = ANY ($1::oid[])
ORDER BY c.oid
