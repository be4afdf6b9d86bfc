-- $1: relations, $2: their names, which is what the view has an index for.
SELECT c.oid, s.attname, s.null_frac
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE s.tablename = ANY ($2::name[]) AND c.oid = ANY ($1::oid[]) AND NOT s.inherited
ORDER BY c.oid
