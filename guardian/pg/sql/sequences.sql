-- $1: relations.
SELECT s.seqrelid, s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcycle,
       format_type(s.seqtypid, NULL),
       quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname, c.oid,
       has_sequence_privilege(s.seqrelid, 'SELECT')
FROM pg_sequence AS s
LEFT JOIN pg_depend AS d
       ON d.classid = 1259 AND d.objid = s.seqrelid AND d.objsubid = 0
      AND d.refclassid = 1259 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class AS c ON c.oid = d.refobjid
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.seqrelid = ANY ($1::oid[])
ORDER BY s.seqrelid
