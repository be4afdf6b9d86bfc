-- $1: roles. What they own in this database, and the policies that name them, as if it depended on
-- them: DROP OWNED takes it without a word.
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, 0, 'a',
       CASE WHEN d.classid = 1259 AND c.relkind NOT IN ('i', 'I', 't') THEN d.objid END AS load,
       true AS expand
FROM pg_shdepend AS d
LEFT JOIN pg_class AS c ON d.classid = 1259 AND c.oid = d.objid
WHERE d.refclassid = 1260 AND d.refobjid = ANY ($1::oid[]) AND d.deptype IN ('o', 'r')
  AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
