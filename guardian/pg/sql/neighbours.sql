-- $1: relations. The tables that they refer to and inherit from are read as well.
SELECT con.confrelid FROM pg_constraint AS con
WHERE con.conrelid = ANY ($1::oid[]) AND con.contype = 'f'
UNION
SELECT i.inhparent FROM pg_inherits AS i WHERE i.inhrelid = ANY ($1::oid[])
