-- $1, $2: class and oid of objects. What they are a part of: dropping them means dropping that.
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype,
       CASE WHEN d.refclassid = 1259 THEN d.refobjid END AS load,
       false AS expand
FROM unnest($1::oid[], $2::oid[]) AS w (class, oid)
JOIN pg_depend AS d ON d.classid = w.class AND d.objid = w.oid
WHERE d.deptype IN ('i', 'P', 'S', 'e')
   OR (d.deptype = 'a' AND d.classid = 1259 AND d.refclassid = 1259)
