-- When thousands are wanted, one pass over all is cheaper than looking each up. $1: the schemas
-- whose contents are wanted; being in another schema is no dependency worth the transfer.
WITH dependency AS (
    SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype
    FROM pg_depend AS d
    WHERE CASE WHEN d.refclassid = 2615 THEN d.refobjid = ANY ($1::oid[])
               ELSE d.refobjid >= 16384 END
)
