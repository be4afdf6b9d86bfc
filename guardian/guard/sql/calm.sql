-- May a text be judged without the catalogue? 0: names mean what they do by default, since search_path does not put
-- anything before pg_catalog; 1: nothing of the user's that can do harm runs because something is read: no view, policy,
-- domain, cast, operator, order or name like a builtin's leads to a function that is not known to be harmless. What
-- belongs to an extension is trusted.
WITH suspect AS MATERIALIZED (
    SELECT p.oid, p.proname FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
    WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
      AND (p.provolatile OPERATOR(pg_catalog.=) 'v' OR l.lanname OPERATOR(pg_catalog.<>) ALL (ARRAY['c', 'internal']::pg_catalog.name[]))
      AND p.prorettype OPERATOR(pg_catalog.<>) ALL (ARRAY[2279, 3838]::pg_catalog.oid[]) -- triggers
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid OPERATOR(pg_catalog.=) 1255::pg_catalog.oid
                        AND e.objid OPERATOR(pg_catalog.=) p.oid AND e.deptype OPERATOR(pg_catalog.=) 'e')),
summed AS MATERIALIZED (
    SELECT a.aggfnoid::pg_catalog.oid AS oid FROM pg_catalog.pg_aggregate a
    WHERE a.aggfnoid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
      AND EXISTS (SELECT FROM suspect s WHERE s.oid OPERATOR(pg_catalog.=) ANY (ARRAY[a.aggtransfn::pg_catalog.oid, a.aggfinalfn::pg_catalog.oid,
            a.aggmtransfn::pg_catalog.oid, a.aggminvtransfn::pg_catalog.oid, a.aggmfinalfn::pg_catalog.oid]))),
called AS MATERIALIZED (SELECT oid FROM suspect UNION ALL SELECT oid FROM summed)
SELECT pg_catalog.strpos(pg_catalog.lower(pg_catalog.current_setting('search_path')), 'pg_catalog') OPERATOR(pg_catalog.=) 0,
       NOT EXISTS (SELECT FROM called) OR NOT (
           EXISTS (SELECT FROM pg_catalog.pg_proc u JOIN called c ON c.oid OPERATOR(pg_catalog.=) u.oid
                   JOIN pg_catalog.pg_proc b ON b.proname OPERATOR(pg_catalog.=) u.proname AND b.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid)
        OR EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE o.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
                     AND o.oprcode::pg_catalog.oid IN (SELECT oid FROM called))
        OR EXISTS (SELECT FROM pg_catalog.pg_cast t WHERE t.castfunc IN (SELECT oid FROM called))
        OR EXISTS (SELECT FROM pg_catalog.pg_amproc m WHERE m.amproc::pg_catalog.oid IN (SELECT oid FROM called))
        OR EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN called c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
                   WHERE d.refclassid OPERATOR(pg_catalog.=) 1255::pg_catalog.oid
                     AND (d.classid OPERATOR(pg_catalog.=) 3256::pg_catalog.oid
                       OR d.classid OPERATOR(pg_catalog.=) 1255::pg_catalog.oid
                       OR d.classid OPERATOR(pg_catalog.=) 2618::pg_catalog.oid
                          AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.oid OPERATOR(pg_catalog.=) d.objid AND r.ev_type OPERATOR(pg_catalog.=) '1')
                       OR d.classid OPERATOR(pg_catalog.=) 2606::pg_catalog.oid
                          AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.oid OPERATOR(pg_catalog.=) d.objid AND k.contypid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid))))
