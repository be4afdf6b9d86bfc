-- $1: tables.
SELECT p.polrelid, p.oid, p.polname, p.polpermissive, p.polcmd,
       CASE WHEN p.polroles = '{0}' THEN 'public'
            ELSE (SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname)
                  FROM pg_roles AS r WHERE r.oid = ANY (p.polroles)) END,
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), d.description
FROM pg_policy AS p
LEFT JOIN pg_description AS d ON d.classoid = 3256 AND d.objoid = p.oid
WHERE p.polrelid = ANY ($1::oid[])
ORDER BY p.polrelid, p.polname
