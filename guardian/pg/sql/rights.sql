-- $1: schemas whose contents somebody is given rights on. What is held by all tables, sequences and
-- functions of such a schema: each list of rights once. And what objects will carry that are made later.
SELECT n.nspname, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, '', c.relacl::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::name[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
GROUP BY 1, 2, 4
UNION ALL
SELECT n.nspname, CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, '', p.proacl::text
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1::name[])
GROUP BY 1, 2, 4
UNION ALL
SELECT coalesce(n.nspname, ''), 'default ' || d.defaclobjtype::text, pg_get_userbyid(d.defaclrole), d.defaclacl::text
FROM pg_default_acl AS d
LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
ORDER BY 1, 2, 3, 4
