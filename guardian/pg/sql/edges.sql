-- One row per dependency, with the relation to read for the dependant (load), and whether that
-- relation's own dependants are wanted (expand): of tables that refer by a foreign key, because
-- CASCADE reaches them, and of views, because they go when their rule goes.
-- Left out is what every table brings along and nothing else can depend on: TOAST tables, the
-- triggers of foreign keys, and row types that nobody uses; and the rows without a dependant by
-- which PostgreSQL 13 marks what initdb made.
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype,
       CASE WHEN d.classid = 1259 AND c.relkind NOT IN ('i', 'I') THEN d.objid
            WHEN con.contype = 'f' THEN con.conrelid
            WHEN d.classid = 2618 THEN r.ev_class
       END AS load,
       coalesce(con.contype = 'f' OR r.ev_type = '1', false) AS expand
FROM dependency AS d
LEFT JOIN pg_class AS c ON d.classid = 1259 AND c.oid = d.objid
LEFT JOIN pg_constraint AS con ON d.classid = 2606 AND con.oid = d.objid
LEFT JOIN pg_rewrite AS r ON d.classid = 2618 AND r.oid = d.objid
LEFT JOIN pg_type AS t ON d.classid = 1247 AND d.refclassid = 1259 AND d.deptype = 'i' AND t.oid = d.objid
WHERE d.classid <> 0
  AND NOT (d.classid = 2620 AND d.refclassid = 2606)
  AND c.relkind IS DISTINCT FROM 't'
  AND (t.oid IS NULL OR t.typrelid = 0
       OR EXISTS (SELECT FROM pg_depend AS e
                  WHERE e.refclassid = 1247 AND e.refobjid = t.oid AND e.deptype <> 'i')
       OR EXISTS (SELECT FROM pg_depend AS e
                  WHERE e.refclassid = 1247 AND e.refobjid = t.typarray AND e.deptype <> 'i'))
