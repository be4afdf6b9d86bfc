-- Lines of a fingerprint that there are since PostgreSQL 15.
SELECT pg_catalog.format('schema %I in publication %I', n.nspname, p.pubname), ''
FROM pg_catalog.pg_publication_namespace AS r JOIN pg_catalog.pg_namespace AS n ON n.oid = r.pnnspid
JOIN pg_catalog.pg_publication AS p ON p.oid = r.pnpubid
UNION ALL
SELECT pg_catalog.format('part of table %I.%I in publication %I', n.nspname, c.relname, p.pubname), pg_catalog.concat_ws(' ',
    '(' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)) || ')',
    'where ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid))
FROM pg_catalog.pg_publication_rel AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
WHERE r.prattrs IS NOT NULL OR r.prqual IS NOT NULL
