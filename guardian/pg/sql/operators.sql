-- $1: bare names. Only operators that call a function which is not built in.
SELECT o.oid, n.nspname, o.oprname, o.oprcode::oid
FROM pg_operator AS o
JOIN pg_namespace AS n ON n.oid = o.oprnamespace
WHERE o.oprname = ANY ($1::name[]) AND o.oprcode::oid >= 16384
ORDER BY o.oid
