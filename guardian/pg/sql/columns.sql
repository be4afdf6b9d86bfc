-- $1: relations. Whether a default is volatile is read off the functions that its tree names: the
-- usual defaults are told apart by their text, which is faster.
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
            ELSE EXISTS (SELECT FROM regexp_matches(f.tree, ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS m (id)
                         JOIN pg_proc AS p ON p.oid = m.id[1]::oid WHERE p.provolatile = 'v') END,
       NULLIF(a.attidentity, ''), NULLIF(a.attgenerated, ''), d.description,
       a.attstorage, NULLIF(@compression@, ''), @statistics@
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN (SELECT b.adrelid, b.adnum, pg_get_expr(b.adbin, b.adrelid) AS sql, b.adbin::text AS tree
           FROM pg_attrdef AS b) AS f ON a.atthasdef AND f.adrelid = a.attrelid AND f.adnum = a.attnum
LEFT JOIN pg_description AS d
       ON d.classoid = 1259 AND d.objoid = a.attrelid AND d.objsubid = a.attnum
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
