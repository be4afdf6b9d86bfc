-- $1: bare names. $2: names whose contents are wanted, too (schemas, roles, extensions).
-- class, oid: the object; load: the relation to read for it; expand: look for what depends on it.
-- Members of an extension are not expanded: nobody drops them alone, and half of the database may
-- use them.
WITH relation AS (
    SELECT c.oid, c.relkind, i.indrelid,
           EXISTS (SELECT FROM pg_depend AS e
                   WHERE e.classid = 1259 AND e.objid = c.oid AND e.deptype = 'e') AS member
    FROM unnest($1::name[]) AS w (name)
    JOIN pg_class AS c ON c.relname = w.name
    LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
    WHERE c.relkind <> 't'
      AND NOT pg_is_other_temp_schema(c.relnamespace)
)
SELECT 1259 AS class, oid, oid AS load, NOT member AS expand FROM relation
UNION ALL
SELECT 1259, indrelid, indrelid, NOT member FROM relation WHERE indrelid IS NOT NULL
UNION ALL
SELECT 1247, t.oid, NULLIF(t.typrelid, 0),
       NOT EXISTS (SELECT FROM pg_depend AS e
                   WHERE e.classid = 1247 AND e.objid = t.oid AND e.deptype = 'e')
FROM unnest($1::name[]) AS w (name)
JOIN pg_type AS t ON t.typname = w.name
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE (t.typtype <> 'c' OR c.relkind = 'c')
UNION ALL
SELECT 1255, p.oid, NULL,
       NOT EXISTS (SELECT FROM pg_depend AS e
                   WHERE e.classid = 1255 AND e.objid = p.oid AND e.deptype = 'e')
FROM unnest($1::name[]) AS w (name)
JOIN pg_proc AS p ON p.proname = w.name
UNION ALL
SELECT 2606, con.oid, con.conrelid, true
FROM unnest($1::name[]) AS w (name)
JOIN pg_constraint AS con ON con.conname = w.name
WHERE con.conrelid <> 0
UNION ALL
SELECT 2615, n.oid, NULL, true FROM pg_namespace AS n WHERE n.nspname = ANY ($2::name[])
UNION ALL
SELECT 3079, e.oid, NULL, true FROM pg_extension AS e WHERE e.extname = ANY ($2::name[])
UNION ALL
SELECT 1260, r.oid, NULL, true FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[])
