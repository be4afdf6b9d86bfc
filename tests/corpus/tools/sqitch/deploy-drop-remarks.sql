-- sqitch deploy --verify; lines of COPY data are not in the server's log

SET search_path = 'sqitch';

SELECT pg_try_advisory_lock(75474063);

SELECT c.change_id
             , c.script_hash
             , c.change
             , c.project
             , c.note
             , c.committer_name
             , c.committer_email
             , to_char(c.committed_at AT TIME ZONE 'UTC', '"year":YYYY:"month":MM:"day":DD:"hour":HH24:"minute":MI:"second":SS:"time_zone":"UTC"') AS committed_at
             , c.planner_name
             , c.planner_email
             , to_char(c.planned_at AT TIME ZONE 'UTC', '"year":YYYY:"month":MM:"day":DD:"hour":HH24:"minute":MI:"second":SS:"time_zone":"UTC"') AS planned_at
             , array_remove(array_agg(t.tag ORDER BY t.tag), NULL) AS tags
          FROM changes   c
          LEFT JOIN tags t ON c.change_id = t.change_id
         WHERE c.project = $1
         GROUP BY c.change_id
             , c.script_hash
             , c.change
             , c.project
             , c.note
             , c.committer_name
             , c.committer_email
             , c.committed_at
             , c.planner_name
             , c.planner_email
             , c.planned_at
         ORDER BY c.committed_at DESC
         LIMIT 1;

SELECT MAX(version)::TEXT FROM releases;

SELECT change_id
              FROM changes
             WHERE change_id = $1;

SELECT change_id FROM changes WHERE change_id IN ($1);

begin;

LOCK TABLE changes IN EXCLUSIVE MODE;

BEGIN;

ALTER TABLE library.books DROP COLUMN remarks;

COMMIT;

INSERT INTO changes (
            change_id
            , script_hash
            , change
            , project
            , note
            , committer_name
            , committer_email
            , planned_at
            , planner_name
            , planner_email
            , committed_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp());

INSERT INTO dependencies(
                  change_id
                , type
                , dependency
                , dependency_id
           ) VALUES ($1, $2, $3, $4);

INSERT INTO events (
            event
            , change_id
            , change
            , project
            , note
            , tags
            , requires
            , conflicts
            , committer_name
            , committer_email
            , planned_at
            , planner_name
            , planner_email
            , committed_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp());

commit;
