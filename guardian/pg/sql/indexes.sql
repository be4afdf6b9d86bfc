-- $1: tables.
SELECT i.indrelid, i.indexrelid, n.nspname, c.relname, pg_get_indexdef(i.indexrelid), m.amname,
       i.indisunique, i.indisprimary, i.indisvalid, i.indisready, @nulls_not_distinct@,
       i.indkey, i.indnkeyatts, pg_get_expr(i.indpred, i.indrelid), i.indisreplident,
       i.indisclustered, c.relpages * current_setting('block_size')::bigint
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = ANY ($1::oid[])
ORDER BY i.indrelid, c.relname
