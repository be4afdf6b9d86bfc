-- Which function of the user's runs because something else is done: one row per function and object
-- that needs it. Aggregates, functions with a parsed body, and operators pass on what they need.
-- Compiled functions that promise to change nothing are left out, and so are triggers: those are
-- read with their tables. A domain's checks count for whatever holds the domain: arrays, domains over
-- it, composite types.
WITH RECURSIVE suspect AS MATERIALIZED (
    SELECT p.oid, EXISTS (SELECT FROM pg_depend AS e WHERE e.classid = 1255 AND e.objid = p.oid AND e.deptype = 'e') AS member
    FROM pg_proc AS p
    JOIN pg_language AS l ON l.oid = p.prolang
    WHERE p.oid >= 16384 AND (p.provolatile = 'v' OR l.lanname NOT IN ('c', 'internal'))
), hook (function, member, class, object, part) AS (
    SELECT s.oid, s.member, d.classid, d.objid, d.objsubid
    FROM suspect AS s
    JOIN pg_depend AS d ON d.refclassid = 1255 AND d.refobjid = s.oid
    WHERE d.classid <> 2620
    UNION
    SELECT h.function, h.member, d.classid, d.objid, d.objsubid
    FROM hook AS h
    JOIN pg_depend AS d ON d.refclassid = h.class AND d.refobjid = h.object
    WHERE h.class IN (1255, 2617) AND d.classid <> 2620
), found AS MATERIALIZED (
    SELECT h.function, h.member, h.class, h.object,
               CASE h.class WHEN 2604 THEN ad.adrelid WHEN 2606 THEN con.conrelid WHEN 2618 THEN r.ev_class
                            WHEN 3256 THEN pol.polrelid WHEN 3381 THEN s.stxrelid
                            WHEN 1259 THEN coalesce(i.indrelid, h.object) END AS relation,
               CASE WHEN h.class = 1247 THEN t.oid ELSE NULLIF(con.contypid, 0) END AS type,
               CASE h.class
                   WHEN 2604 THEN CASE WHEN a.attgenerated = '' THEN 'd' ELSE 'g' END
                   WHEN 2606 THEN CASE WHEN con.contypid <> 0 THEN 'D' ELSE 'c' END
                   WHEN 2618 THEN CASE WHEN r.ev_type = '1' THEN 'v' ELSE 'r' END
                   WHEN 3256 THEN 'p'
                   WHEN 3381 THEN 's'
                   WHEN 1259 THEN CASE WHEN i.indrelid IS NULL THEN 'k' ELSE 'i' END
                   WHEN 1255 THEN 'f'
                   WHEN 3466 THEN 'e'
                   WHEN 1247 THEN CASE WHEN t.oid IS NULL THEN 'x' ELSE 'D' END
                   ELSE 'x'
               END AS kind,
               CASE h.class
                   WHEN 2604 THEN 'the default of ' || a.attname
                   WHEN 2606 THEN 'constraint ' || con.conname
                   WHEN 2618 THEN CASE WHEN r.ev_type = '1' THEN 'the query' ELSE 'rule ' || r.rulename END
                   WHEN 3256 THEN 'policy ' || pol.polname
                   WHEN 3381 THEN 'statistics ' || s.stxname
                   WHEN 1259 THEN CASE WHEN i.indrelid IS NULL THEN 'the partition key' ELSE 'index ' || ic.relname END
                   WHEN 3466 THEN 'event trigger ' || ev.evtname
                   WHEN 2605 THEN 'the cast from ' || format_type(ca.castsource, NULL) || ' to ' || format_type(ca.casttarget, NULL)
                   WHEN 2617 THEN 'operator ' || o.oprname
                   WHEN 1247 THEN 'type ' || format_type(h.object, NULL)
                   WHEN 1255 THEN ''
                   ELSE 'an operator class'
               END AS name,
               CASE WHEN h.class = 3466 THEN ev.evtevent || ' ' || ev.evtenabled::text || ' ' || coalesce(array_to_string(ev.evttags, ',') || ',', '') END AS tags
        FROM (SELECT DISTINCT function, member, class, object FROM hook) AS h
        LEFT JOIN pg_attrdef AS ad ON h.class = 2604 AND ad.oid = h.object
        LEFT JOIN pg_attribute AS a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
        LEFT JOIN pg_constraint AS con ON h.class = 2606 AND con.oid = h.object
        LEFT JOIN pg_rewrite AS r ON h.class = 2618 AND r.oid = h.object
        LEFT JOIN pg_policy AS pol ON h.class = 3256 AND pol.oid = h.object
        LEFT JOIN pg_statistic_ext AS s ON h.class = 3381 AND s.oid = h.object
        LEFT JOIN pg_index AS i ON h.class = 1259 AND i.indexrelid = h.object
        LEFT JOIN pg_class AS ic ON ic.oid = i.indexrelid
        LEFT JOIN pg_event_trigger AS ev ON h.class = 3466 AND ev.oid = h.object
        LEFT JOIN pg_cast AS ca ON h.class = 2605 AND ca.oid = h.object
        LEFT JOIN pg_type AS t ON h.class = 1247 AND t.oid = h.object AND t.typtype = 'd'
        LEFT JOIN pg_proc AS g ON h.class = 1255 AND g.oid = h.object
        LEFT JOIN pg_operator AS o ON h.class = 2617 AND o.oid = h.object
        WHERE g.oid IS NULL OR g.prokind = 'a'
), domain (function, member, class, object, type, name) AS (
    SELECT function, member, class, object, type, name FROM found WHERE kind = 'D'
    UNION
    SELECT m.function, m.member, m.class, m.object, x.type, m.name
    FROM domain AS m
    JOIN pg_depend AS d ON d.refclassid = 1247 AND d.refobjid = m.type AND d.classid IN (1247, 1259)
    LEFT JOIN pg_class AS c ON d.classid = 1259 AND c.oid = d.objid AND c.relkind = 'c'
    CROSS JOIN LATERAL (SELECT CASE WHEN d.classid = 1247 THEN d.objid ELSE c.reltype END) AS x (type)
    WHERE x.type IS NOT NULL
)
SELECT function, member, class, object, relation, type, kind, name, tags FROM found WHERE kind <> 'D'
UNION ALL
SELECT function, member, class, object, NULL, type, 'D', name, NULL FROM domain
ORDER BY 1, 3, 4
