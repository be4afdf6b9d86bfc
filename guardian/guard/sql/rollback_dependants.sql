-- Goes on behind "WITH RECURSIVE wanted (columns, relations, types, functions) AS (…)": what uses these columns (text
-- "table\ncolumn"), views, types and functions, and would be in the way of taking them away or of giving a column another
-- type. Indexes and constraints follow a column's type by themselves; of an enum type they may hold a constant.
, type_roots AS (
  SELECT t.oid, t.typarray
  FROM wanted w, unnest(w.types) AS name JOIN pg_catalog.pg_type t ON t.oid = pg_catalog.to_regtype(name)
), walk (classid, objid, objsubid, of_type) AS (
  (SELECT 'pg_catalog.pg_class'::regclass::oid, a.attrelid, a.attnum::int, false
   FROM wanted w, unnest(w.columns) AS named
   JOIN pg_catalog.pg_attribute a ON a.attrelid = pg_catalog.to_regclass(split_part(named, E'\n', 1)) AND a.attname = split_part(named, E'\n', 2)
   UNION ALL
   SELECT 'pg_catalog.pg_class'::regclass::oid, pg_catalog.to_regclass(name)::oid, 0, false
   FROM wanted w, unnest(w.relations) AS name WHERE pg_catalog.to_regclass(name) IS NOT NULL
   UNION ALL
   SELECT 'pg_catalog.pg_proc'::regclass::oid, pg_catalog.to_regprocedure(name)::oid, 0, false
   FROM wanted w, unnest(w.functions) AS name WHERE pg_catalog.to_regprocedure(name) IS NOT NULL
   UNION ALL
   SELECT 'pg_catalog.pg_type'::regclass::oid, unnest(ARRAY[r.oid, r.typarray]), 0, true FROM type_roots r
   UNION ALL
   SELECT 'pg_catalog.pg_class'::regclass::oid, a.attrelid, a.attnum::int, false
   FROM type_roots r JOIN pg_catalog.pg_attribute a ON a.atttypid IN (r.oid, r.typarray) AND NOT a.attisdropped AND a.attnum > 0
   JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p'))
  UNION
  SELECT found.classid, found.objid, 0, false
  FROM walk w
  JOIN pg_catalog.pg_depend d ON d.refclassid = w.classid AND d.refobjid = w.objid AND (w.objsubid = 0 OR d.refobjsubid = w.objsubid)
                              AND d.deptype IN ('n', 'a')
  LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_class viewed ON viewed.oid = r.ev_class
  CROSS JOIN LATERAL (SELECT CASE WHEN viewed.relkind IN ('v', 'm') THEN 'pg_catalog.pg_class'::regclass::oid ELSE d.classid END AS classid,
                             CASE WHEN viewed.relkind IN ('v', 'm') THEN r.ev_class ELSE d.objid END AS objid) AS found
  LEFT JOIN pg_catalog.pg_class c ON found.classid = 'pg_catalog.pg_class'::regclass AND c.oid = found.objid
  WHERE found.classid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_trigger'::regclass,
                          'pg_catalog.pg_rewrite'::regclass)
     OR c.relkind IN ('v', 'm')
     OR (w.of_type AND (found.classid = 'pg_catalog.pg_constraint'::regclass OR c.relkind IN ('i', 'I')))
)
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'index' END, n.nspname, c.relname,
       coalesce((SELECT t.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class t ON t.oid = i.indrelid WHERE i.indexrelid = c.oid), '')
FROM walk w JOIN pg_catalog.pg_class c ON w.classid = 'pg_catalog.pg_class'::regclass AND w.objsubid = 0 AND c.oid = w.objid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION
SELECT 'function', n.nspname, p.proname, ''
FROM walk w JOIN pg_catalog.pg_proc p ON w.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = w.objid
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
UNION
SELECT 'trigger', n.nspname, t.tgname, c.relname
FROM walk w JOIN pg_catalog.pg_trigger t ON w.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = w.objid AND NOT t.tgisinternal
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION
SELECT 'policy', n.nspname, p.polname, c.relname
FROM walk w JOIN pg_catalog.pg_policy p ON w.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = w.objid
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION
SELECT 'rule', n.nspname, r.rulename, c.relname
FROM walk w JOIN pg_catalog.pg_rewrite r ON w.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = w.objid
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION
SELECT 'constraint', n.nspname, k.conname, c.relname
FROM walk w JOIN pg_catalog.pg_constraint k ON w.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = w.objid AND k.conrelid <> 0
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
