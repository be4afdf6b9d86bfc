-- Of what a backup is about ($1: names; all of the database when $2), the first thing whose rows are in no WAL of this
-- server: unlogged, or foreign. With partitions, heirs, and the sequences that belong to it. Waits for no lock.
WITH RECURSIVE tree AS (
    SELECT pg_catalog.to_regclass(n)::pg_catalog.oid AS oid FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN tree AS t ON t.oid = i.inhparent),
meant AS (
    SELECT oid FROM tree
    UNION
    SELECT d.objid FROM pg_catalog.pg_depend AS d JOIN tree AS t ON t.oid = d.refobjid
    WHERE d.classid = 1259 AND d.refclassid = 1259 AND d.deptype IN ('a', 'i'))
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE (c.relpersistence = 'u' AND c.relkind IN ('r', 'S') AND ($2::pg_catalog.bool OR c.oid IN (SELECT oid FROM meant)))
   OR (c.relkind = 'f' AND c.oid IN (SELECT oid FROM meant))
ORDER BY c.relkind = 'S', c.oid LIMIT 1
