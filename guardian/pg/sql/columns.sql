-- $1: relations. Whether a default is volatile is read off the functions that its tree names: the
-- usual defaults are told apart by their text, which is faster. Only the formula of a generated column
-- names columns: the server is told of the table there only, because then it has to open it.
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
       format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation = 0 OR a.attcollation = t.typcollation THEN NULL
            ELSE (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.collname)
                  FROM pg_collation AS o JOIN pg_namespace AS n ON n.oid = o.collnamespace
                  WHERE o.oid = a.attcollation) END,
       a.attnotnull, a.attinhcount > 0, f.sql,
       CASE WHEN f.sql IS NULL OR f.sql NOT LIKE '%(%' THEN false
            WHEN f.sql LIKE 'nextval(%' THEN true
            WHEN f.sql = 'now()' THEN false
            ELSE EXISTS (SELECT FROM regexp_matches(b.adbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS m (id)
                         JOIN pg_proc AS p ON p.oid = m.id[1]::oid WHERE p.provolatile = 'v') END,
       NULLIF(a.attidentity, ''), NULLIF(a.attgenerated, ''), d.description,
       a.attstorage, NULLIF(@compression@, ''), @statistics@
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS b ON a.atthasdef AND b.adrelid = a.attrelid AND b.adnum = a.attnum
CROSS JOIN LATERAL (SELECT pg_get_expr(b.adbin, CASE WHEN a.attgenerated = '' THEN 0 ELSE a.attrelid END)) AS f (sql)
LEFT JOIN pg_description AS d
       ON d.classoid = 1259 AND d.objoid = a.attrelid AND d.objsubid = a.attnum
WHERE c.oid = ANY ($1::oid[]) AND c.relkind NOT IN ('i', 'I', 'S')
ORDER BY a.attrelid, a.attnum
