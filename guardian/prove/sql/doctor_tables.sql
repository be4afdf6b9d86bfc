-- Tables and sequences that a backup reads, and those that this role cannot read, or not all of.
WITH own AS (
    SELECT c.relkind, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
           coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                    AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
                             ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END, true) AS readable,
           c.relrowsecurity AND c.relkind IN ('r', 'p')
               AND coalesce(pg_catalog.row_security_active(c.oid), false) AS hidden
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND (NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                       WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                         AND d.objsubid = 0 AND d.deptype = 'e')
           OR EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE c.oid = ANY (e.extconfig)))
)
SELECT count(*) FILTER (WHERE relkind <> 'S'),
       count(*) FILTER (WHERE relkind = 'S'),
       count(*) FILTER (WHERE NOT readable),
       (SELECT pg_catalog.string_agg(name, ', ') FROM (SELECT name FROM own WHERE NOT readable ORDER BY name LIMIT 5) AS few),
       count(*) FILTER (WHERE hidden),
       (SELECT pg_catalog.string_agg(name, ', ') FROM (SELECT name FROM own WHERE hidden ORDER BY name LIMIT 5) AS few)
FROM own
