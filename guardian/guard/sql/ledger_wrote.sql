-- The end of a step's transaction: what it wrote, in its row. Transaction ids between the step's own and that of this very block were
-- given to its savepoints, or to others: others that hold theirs are known, what is over is not in
-- progress, and what is left is ours, unless one of the others has savepoints that it gave up. Then
-- a row that is in progress and can be seen tells that it is ours; where there are too many rows to
-- look at, it is not sure. Whatever fails here leaves the step without the record, and in.
-- A step of a run gets its row here; whatever role its session has taken, the row is written by who connected.
DO $guardian$
DECLARE
    path pg_catalog.text := pg_catalog.current_setting('search_path');
    own bigint := pg_catalog.pg_current_xact_id()::pg_catalog.text::bigint;
    the_change pg_catalog.text := %s;
    the_step integer := %u;
    the_hash pg_catalog.text := %s;
    role pg_catalog.text := pg_catalog.current_setting('role');
    was pg_catalog.jsonb := %s; -- the counts at its begin
    last bigint;
    held bigint[];
    ids bigint[] := '{}';
    sure bigint[] := '{}';
    seen bigint[];
    tables pg_catalog.jsonb;
    one pg_catalog.jsonb;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM set_config('role', 'none', true);
    SELECT coalesce(array_agg(transactionid::text::bigint), '{}') INTO held FROM pg_locks
        WHERE locktype = 'transactionid' AND granted AND mode = 'ExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid();
    INSERT INTO guardian.steps AS s (change, step, hash, state, xid, at, others)
        VALUES (the_change, the_step, the_hash, 'counted', pg_current_xact_id(), clock_timestamp(), array_to_string(held, ','))
        ON CONFLICT (change, step) DO UPDATE SET at = s.at RETURNING s.xmin::text::bigint INTO last;
    last := own - own %% 4294967296 + last;
    IF last < own THEN
        last := last + 4294967296;
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('oid', c.oid::bigint, 'inserted', n.i, 'updated', n.u, 'deleted', n.d)), '[]') INTO tables
        FROM pg_class c,
             LATERAL (SELECT pg_stat_get_xact_tuples_inserted(c.oid) - coalesce((was -> c.oid::text ->> 0)::bigint, 0) AS i,
                             pg_stat_get_xact_tuples_updated(c.oid) - coalesce((was -> c.oid::text ->> 1)::bigint, 0) AS u,
                             pg_stat_get_xact_tuples_deleted(c.oid) - coalesce((was -> c.oid::text ->> 2)::bigint, 0) AS d) n
        WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
          AND c.relnamespace <> 'guardian'::regnamespace AND n.i + n.u + n.d > 0;
    IF last - own BETWEEN 2 AND 200000 THEN
        SELECT coalesce(array_agg(id), '{}') INTO ids FROM generate_series(own + 1, last - 1) id
            WHERE pg_xact_status(id::text::xid8) = 'in progress' AND id %% 4294967296 <> ALL (held);
        IF held = '{}' THEN
            sure := ids;
        ELSE
            FOR one IN SELECT t FROM jsonb_array_elements(tables) t WHERE pg_relation_size((t ->> 'oid')::oid::regclass) < 67108864 LOOP
                EXECUTE format('SELECT array_agg(DISTINCT i.id) FROM ONLY %%s t, unnest($1) i (id) WHERE t.xmin::text::bigint = i.id %%%% 4294967296 '
                               'AND pg_xact_status(i.id::text::xid8) = ''in progress''', (one ->> 'oid')::oid::regclass) USING ids INTO seen;
                sure := sure || coalesce(seen, '{}');
            END LOOP;
        END IF;
    END IF;
    UPDATE guardian.steps SET wrote = jsonb_build_object(
            'own', (SELECT coalesce(jsonb_agg(jsonb_build_array(lo, hi) ORDER BY lo), '[]') FROM (
                SELECT min(id) lo, max(id) hi FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS g FROM (SELECT DISTINCT id FROM unnest(sure) id) d) i GROUP BY g) r),
            'unsure', CASE WHEN last - own > 200000 THEN jsonb_build_array(jsonb_build_array(own + 1, last - 1)) ELSE (
                SELECT coalesce(jsonb_agg(jsonb_build_array(lo, hi) ORDER BY lo), '[]') FROM (
                SELECT min(id) lo, max(id) hi FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS g FROM unnest(ids) id WHERE id <> ALL (sure)) i GROUP BY g) r) END,
            'tables', tables,
            'exact', last - own <= 200000 AND NOT EXISTS ( -- what a savepoint took back is counted, too
                SELECT FROM generate_series(own + 1, last - 1) id WHERE pg_xact_status(id::text::xid8) = 'aborted'))
        WHERE change = the_change AND step = the_step;
    PERFORM pg_catalog.set_config('role', role, true);
    PERFORM pg_catalog.set_config('search_path', path, true);
EXCEPTION WHEN OTHERS THEN
    NULL;
END
$guardian$
