-- $1, $2, $3: class, oid and column (0: all of it) of the objects whose dependants are wanted.
WITH dependency AS (
    SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype
    FROM unnest($1::oid[], $2::oid[], $3::int[]) AS w (class, oid, col)
    JOIN pg_depend AS d ON d.refclassid = w.class AND d.refobjid = w.oid
    WHERE w.col IN (0, d.refobjsubid)
)
