-- Who holds locks on the relations $1 (NULL: ACCESS EXCLUSIVE on anybody's): who reads ($2) or who does more; those of the virtual transactions
-- $3 (NULL: all); in transactions older than $4 milliseconds, or of an age that the role may not see. What stands in quotes in a query may
-- be somebody's data, and is left out.
SELECT l.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), 0)::pg_catalog.int8,
       coalesce(pg_catalog.left(pg_catalog.regexp_replace(pg_catalog.regexp_replace(a.query, $$'[^']*('|$)$$, $$'…'$$, 'g'), '\s+', ' ', 'g'), 80), ''),
       coalesce(pg_catalog.min(l.relation::pg_catalog.regclass::pg_catalog.text) FILTER (WHERE c.relkind IN ('r', 'p')),
                pg_catalog.min(l.relation::pg_catalog.regclass::pg_catalog.text)),
       l.virtualtransaction
FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a USING (pid) LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND CASE WHEN $1::pg_catalog.oid[] IS NULL THEN l.mode = 'AccessExclusiveLock' AND l.relation >= 16384 ELSE l.relation = ANY ($1::pg_catalog.oid[]) END
  AND (l.mode IN ('AccessShareLock', 'RowShareLock')) = $2::pg_catalog.bool
  AND ($3::pg_catalog.text[] IS NULL OR l.virtualtransaction = ANY ($3::pg_catalog.text[]))
  AND coalesce(a.xact_start <= pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $4::pg_catalog.float8 / 1000), true)
GROUP BY 1, 2, 3, 4, 5, 6, 8 ORDER BY 5 DESC LIMIT 100
