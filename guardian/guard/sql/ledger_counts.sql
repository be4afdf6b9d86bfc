-- Rows that this transaction has written so far, by table; with those that the session wrote before and has not reported yet.
SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text,
       (SELECT pg_catalog.jsonb_object_agg(c.oid, pg_catalog.jsonb_build_array(n.i, n.u, n.d))::pg_catalog.text
        FROM pg_catalog.pg_class c,
             LATERAL (SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) AS i,
                             pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) AS u,
                             pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS d) n
        WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
          AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
          AND (n.i OPERATOR(pg_catalog.+) n.u OPERATOR(pg_catalog.+) n.d) OPERATOR(pg_catalog.>) 0)
