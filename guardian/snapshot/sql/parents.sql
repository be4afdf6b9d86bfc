SELECT i.inhrelid, i.inhparent, c.relispartition
FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
WHERE c.relkind IN ('r', 'p', 'f')
