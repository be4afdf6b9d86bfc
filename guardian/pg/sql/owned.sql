-- $1: relations. The sequences that their columns own.
SELECT d.refobjid, d.refobjsubid, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_depend AS d
JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE d.classid = 1259 AND d.refclassid = 1259 AND d.refobjid = ANY ($1::oid[])
  AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
ORDER BY d.refobjid
