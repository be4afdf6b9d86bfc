-- $1: types. Of an array its elements count, of a domain its base, too; row types of tables do not.
SELECT t.oid, n.nspname, t.typname, quote_ident(n.nspname) || '.' || quote_ident(t.typname),
       t.typtype, pg_get_userbyid(t.typowner), t.typbasetype,
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
       t.typnotnull, t.typdefault,
       CASE WHEN t.typtype = 'e'
            THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid
                       ORDER BY e.enumsortorder) END,
       (SELECT e.refobjid FROM pg_depend AS e
        WHERE e.classid = 1247 AND e.objid = t.oid AND e.deptype = 'e'),
       d.description, t.typarray
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_description AS d ON d.classoid = 1247 AND d.objoid = t.oid AND d.objsubid = 0
WHERE t.oid IN (SELECT w.oid FROM pg_type AS w
                WHERE w.oid = ANY ($1::oid[]) AND w.typcategory <> 'A'
                UNION ALL
                SELECT w.typelem FROM pg_type AS w
                WHERE w.oid = ANY ($1::oid[]) AND w.typcategory = 'A'
                UNION ALL
                SELECT w.typbasetype FROM pg_type AS w
                WHERE w.oid = ANY ($1::oid[]) AND w.typbasetype >= 16384)
  AND (t.typtype <> 'c' OR (SELECT c.relkind FROM pg_class AS c WHERE c.oid = t.typrelid) = 'c')
ORDER BY t.oid
