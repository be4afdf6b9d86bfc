-- Which function of the user's runs because something else is done: one row per function and object
-- that needs it. Aggregates, functions with a parsed body, and operators pass on what they need.
-- Compiled functions that promise to change nothing are left out, and so are triggers: those are
-- read with their tables. A domain's checks count for whatever holds the domain: arrays, domains over
-- it, composite types. Lookups are written as subqueries, because a dozen joins take long to plan.
WITH RECURSIVE suspect AS MATERIALIZED (
    SELECT p.oid, EXISTS (SELECT FROM pg_depend AS e WHERE e.classid = 1255 AND e.objid = p.oid AND e.deptype = 'e') AS member
    FROM pg_proc AS p
    JOIN pg_language AS l ON l.oid = p.prolang
    WHERE p.oid >= 16384 AND (p.provolatile = 'v' OR l.lanname NOT IN ('c', 'internal'))
      -- the second net's own event triggers (3838) only refuse
      AND NOT (p.prorettype = 3838 AND p.proname = 'net' AND p.pronamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = 'guardian'))
), hook (function, member, class, object) AS (
    SELECT s.oid, s.member, d.classid, d.objid
    FROM suspect AS s
    JOIN pg_depend AS d ON d.refclassid = 1255 AND d.refobjid = s.oid
    WHERE d.classid <> 2620
    UNION
    SELECT h.function, h.member, d.classid, d.objid
    FROM hook AS h
    JOIN pg_depend AS d ON d.refclassid = h.class AND d.refobjid = h.object
    WHERE h.class IN (1255, 2617) AND d.classid <> 2620
), domain (function, member, class, object, type) AS (
    SELECT h.function, h.member, h.class, h.object, t.oid
    FROM hook AS h
    JOIN pg_type AS t ON t.typtype = 'd'
         AND t.oid = CASE h.class WHEN 1247 THEN h.object
                                  WHEN 2606 THEN (SELECT c.contypid FROM pg_constraint AS c WHERE c.oid = h.object) END
    WHERE h.class IN (1247, 2606)
    UNION
    SELECT m.function, m.member, m.class, m.object, x.type
    FROM domain AS m
    JOIN pg_depend AS d ON d.refclassid = 1247 AND d.refobjid = m.type AND d.classid IN (1247, 1259)
    CROSS JOIN LATERAL (
        SELECT CASE d.classid WHEN 1247 THEN d.objid
                              ELSE (SELECT c.reltype FROM pg_class AS c WHERE c.oid = d.objid AND c.relkind = 'c') END
    ) AS x (type)
    WHERE x.type IS NOT NULL
)
SELECT h.function, h.member, h.class, h.object,
       CASE h.class WHEN 2604 THEN (SELECT a.adrelid FROM pg_attrdef AS a WHERE a.oid = h.object)
                    WHEN 2606 THEN (SELECT c.conrelid FROM pg_constraint AS c WHERE c.oid = h.object)
                    WHEN 2618 THEN (SELECT r.ev_class FROM pg_rewrite AS r WHERE r.oid = h.object)
                    WHEN 3256 THEN (SELECT p.polrelid FROM pg_policy AS p WHERE p.oid = h.object)
                    WHEN 3381 THEN (SELECT s.stxrelid FROM pg_statistic_ext AS s WHERE s.oid = h.object)
                    WHEN 1259 THEN coalesce((SELECT i.indrelid FROM pg_index AS i WHERE i.indexrelid = h.object), h.object)
       END,
       NULL::oid,
       CASE h.class WHEN 2604 THEN 'd' WHEN 2606 THEN 'c' WHEN 3256 THEN 'p' WHEN 3381 THEN 's' WHEN 1255 THEN 'f' WHEN 3466 THEN 'e'
                    WHEN 2618 THEN (SELECT CASE r.ev_type WHEN '1' THEN 'v' ELSE 'r' END FROM pg_rewrite AS r WHERE r.oid = h.object)
                    WHEN 1259 THEN CASE WHEN EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = h.object) THEN 'i' ELSE 'k' END
                    ELSE 'x'
       END,
       CASE WHEN h.class NOT IN (2604, 2606, 2618, 3256, 1259, 1255) THEN pg_describe_object(h.class, h.object, 0) ELSE '' END,
       CASE h.class WHEN 3466 THEN (SELECT e.evtevent || ' ' || e.evtenabled::text || ' ' || coalesce(array_to_string(e.evttags, ',') || ',', '')
                                    FROM pg_event_trigger AS e WHERE e.oid = h.object) END
FROM hook AS h
WHERE NOT EXISTS (SELECT FROM domain AS m WHERE m.class = h.class AND m.object = h.object)
UNION ALL
SELECT m.function, m.member, m.class, m.object, NULL, m.type, 'D', pg_describe_object(m.class, m.object, 0), NULL
FROM domain AS m
ORDER BY 1, 3, 4
