-- Lines of a fingerprint that there are since PostgreSQL 14.
SELECT pg_catalog.format('compression of column %I.%I.%I', n.nspname, c.relname, a.attname), a.attcompression::text
FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attcompression <> '' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'guardian')
UNION ALL
SELECT pg_catalog.format('multirange of type %I.%I', n.nspname, t.typname), r.rngmultitypid::pg_catalog.regtype::text
FROM pg_catalog.pg_range AS r JOIN pg_catalog.pg_type AS t ON t.oid = r.rngtypid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE r.rngtypid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'guardian'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e' AND d.classid = 1247 AND d.objid = t.oid)
