-- $1: functions.
SELECT p.oid, n.nspname, p.proname, p.oid::regprocedure::text,
       pg_get_function_identity_arguments(p.oid), pg_get_function_arguments(p.oid),
       pg_get_function_result(p.oid), p.prokind, l.lanname, p.provolatile, p.proparallel,
       p.proisstrict, p.proleakproof, p.prosecdef, p.proretset, coalesce(@sql_body@, p.prosrc),
       @sql_body@ IS NOT NULL, coalesce(array_to_string(p.proconfig, E'\n'), ''), p.procost,
       p.prorows, pg_get_userbyid(p.proowner),
       (SELECT e.refobjid FROM pg_depend AS e
        WHERE e.classid = 1255 AND e.objid = p.oid AND e.deptype = 'e'),
       n.nspname = 'pg_catalog' AND p.oid < 16384, d.description, p.proacl
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_description AS d ON d.classoid = 1255 AND d.objoid = p.oid
WHERE p.oid = ANY ($1::oid[])
ORDER BY p.oid
