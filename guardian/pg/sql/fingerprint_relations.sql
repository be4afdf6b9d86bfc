-- Tables, views, sequences and composite types, and what hangs on them: key and definition of each line.
WITH member AS MATERIALIZED (
    SELECT objid FROM pg_catalog.pg_depend WHERE deptype = 'e' AND classid = 1259),
rel AS MATERIALIZED (
    SELECT c.*, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
        CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'c' THEN 'type' WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S')
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'guardian')
      AND c.oid NOT IN (SELECT objid FROM member)),
parents AS MATERIALIZED (
    SELECT i.inhrelid, pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ', ' ORDER BY i.inhseqno) AS names
    FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhparent
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace GROUP BY 1),
col AS MATERIALIZED (
    SELECT a.*, r.name, r.kind, r.relkind, r.relispartition
    FROM rel AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind <> 'S')
SELECT r.kind || ' ' || r.name, pg_catalog.concat_ws(' ',
    CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
    CASE WHEN r.reloftype <> 0 THEN 'of ' || pg_catalog.format_type(r.reloftype, NULL) END,
    CASE WHEN r.relispartition THEN 'partition of ' || p.names || ' ' || pg_catalog.pg_get_expr(r.relpartbound, r.oid)
         WHEN p.names IS NOT NULL THEN 'inherits ' || p.names END,
    CASE WHEN r.relkind = 'p' THEN 'partition by ' || pg_catalog.pg_get_partkeydef(r.oid) END,
    'using ' || (SELECT m.amname FROM pg_catalog.pg_am AS m WHERE m.oid = r.relam AND m.amname <> 'heap'),
    'tablespace ' || (SELECT t.spcname FROM pg_catalog.pg_tablespace AS t WHERE t.oid = r.reltablespace),
    CASE WHEN r.relrowsecurity THEN 'row security' END,
    CASE WHEN r.relforcerowsecurity THEN 'row security forced' END,
    CASE r.relreplident WHEN 'f' THEN 'replica identity full'
        WHEN 'n' THEN CASE WHEN r.relkind IN ('r', 'p', 'm') THEN 'replica identity nothing' END
        WHEN 'i' THEN 'replica identity ' || (SELECT c.relname FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = r.oid AND i.indisreplident) END,
    'with (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.unnest(r.reloptions) AS o) || ')',
    'toast with (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.pg_class AS t,
        pg_catalog.unnest(t.reloptions) AS o WHERE t.oid = r.reltoastrelid) || ')',
    CASE WHEN r.relkind = 'f' THEN (SELECT pg_catalog.format('server %I', s.srvname)
            || coalesce(' options (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C")
                FROM pg_catalog.unnest(f.ftoptions) AS o) || ')', '')
        FROM pg_catalog.pg_foreign_table AS f JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
        WHERE f.ftrelid = r.oid) END,
    CASE WHEN r.relkind IN ('v', 'm') THEN 'as ' || pg_catalog.pg_get_viewdef(r.oid) END,
    CASE WHEN r.relkind = 'S' THEN (SELECT pg_catalog.format('as %s start %s increment %s min %s max %s cache %s%s',
            pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
            CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END)
        FROM pg_catalog.pg_sequence AS s WHERE s.seqrelid = r.oid) END,
    CASE WHEN r.relkind = 'S' THEN (SELECT pg_catalog.format('owned by %s.%I', t.name, a.attname)
        FROM pg_catalog.pg_depend AS d JOIN rel AS t ON t.oid = d.refobjid
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 1259 AND d.objid = r.oid AND d.refclassid = 1259 AND d.refobjsubid > 0
          AND d.deptype IN ('a', 'i')) END)
FROM rel AS r LEFT JOIN parents AS p ON p.inhrelid = r.oid
UNION ALL
SELECT 'owner of ' || r.kind || ' ' || r.name, pg_catalog.pg_get_userbyid(r.relowner) FROM rel AS r
UNION ALL
SELECT 'privileges on ' || kind || ' ' || name,
    (SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(relacl) AS x)
FROM rel WHERE relacl IS NOT NULL AND relkind <> 'c'
  AND NOT (relacl @> pg_catalog.acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)
       AND relacl <@ pg_catalog.acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner))
UNION ALL
-- A child's inherited columns come first in a copy, wherever they stand here.
SELECT 'columns of ' || c.kind || ' ' || c.name,
    pg_catalog.string_agg(pg_catalog.quote_ident(c.attname), ', ' ORDER BY c.attnum)
        FILTER (WHERE c.attislocal OR c.relispartition OR p.names IS NULL)
FROM col AS c LEFT JOIN parents AS p ON p.inhrelid = c.attrelid GROUP BY c.kind, c.name
UNION ALL
SELECT pg_catalog.format('column %s.%I', c.name, c.attname),
    pg_catalog.format_type(c.atttypid, c.atttypmod) || pg_catalog.concat(
    CASE WHEN c.attcollation <> t.typcollation THEN (SELECT pg_catalog.format(' collate %I.%I', n.nspname, l.collname)
        FROM pg_catalog.pg_collation AS l JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
        WHERE l.oid = c.attcollation) END,
    CASE WHEN c.attnotnull THEN ' not null' END,
    CASE c.attidentity WHEN 'a' THEN ' identity' WHEN 'd' THEN ' identity by default' END,
    CASE c.attgenerated WHEN '' THEN ' default ' WHEN 's' THEN ' stored ' ELSE ' virtual ' END
        || (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef AS d
            WHERE c.atthasdef AND d.adrelid = c.attrelid AND d.adnum = c.attnum),
    CASE WHEN c.attstorage <> t.typstorage THEN ' storage ' || c.attstorage::text END,
    ' statistics ' || nullif(c.attstattarget, -1)::text,
    ' with (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.unnest(c.attoptions) AS o
        WHERE NOT pg_catalog.starts_with(o, 'pg_attver=')) /* the server's own count, from 15.20 on */ || ')',
    ' options (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.unnest(c.attfdwoptions) AS o) || ')')
FROM col AS c JOIN pg_catalog.pg_type AS t ON t.oid = c.atttypid
UNION ALL
SELECT pg_catalog.format('privileges on column %s.%I', name, attname),
    (SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(attacl) AS x)
FROM col WHERE attacl <> '{}'
UNION ALL
-- Keys of partitions that come with the key of their root are not counted.
SELECT pg_catalog.format('constraint %I on %s', k.conname, r.name), pg_catalog.pg_get_constraintdef(k.oid)
FROM rel AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid
WHERE k.contype <> 't' AND (k.contype <> 'f' OR k.conparentid = 0)
UNION ALL
SELECT pg_catalog.format('index %I.%I on %s', n.nspname, c.relname, r.name), pg_catalog.concat_ws(' ',
    pg_catalog.pg_get_indexdef(c.oid),
    'tablespace ' || (SELECT t.spcname FROM pg_catalog.pg_tablespace AS t WHERE t.oid = c.reltablespace),
    'partition of ' || p.names,
    CASE WHEN i.indisclustered THEN 'clustered' END,
    CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'not valid' END,
    'statistics ' || (SELECT pg_catalog.string_agg(pg_catalog.concat(a.attnum, ':', a.attstattarget), ',' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0))
FROM rel AS r JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN parents AS p ON p.inhrelid = c.oid
UNION ALL
SELECT pg_catalog.format('trigger %I on %s', t.tgname, r.name),
    CASE WHEN t.tgparentid = 0 THEN pg_catalog.pg_get_triggerdef(t.oid) ELSE 'as on its parent' END
        || CASE t.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' WHEN 'R' THEN ' on replica' ELSE ' always' END
FROM rel AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid LEFT JOIN pg_catalog.pg_trigger AS u ON u.oid = t.tgparentid
WHERE t.tgparentid = 0 AND NOT t.tgisinternal OR t.tgenabled <> u.tgenabled AND NOT u.tgisinternal
UNION ALL
SELECT 'foreign keys of ' || r.kind || ' ' || r.name, pg_catalog.count(*) || ' of their triggers do not fire'
FROM rel AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid
WHERE t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'O' GROUP BY r.kind, r.name
UNION ALL
SELECT pg_catalog.format('rule %I on %s', w.rulename, r.name), pg_catalog.pg_get_ruledef(w.oid)
    || CASE w.ev_enabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' WHEN 'R' THEN ' on replica' ELSE ' always' END
FROM rel AS r JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT pg_catalog.format('policy %I on %s', p.polname, r.name), pg_catalog.concat_ws(' ',
    CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for', p.polcmd, 'to',
    (SELECT pg_catalog.string_agg(CASE o WHEN 0 THEN 'public' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o)) END,
        ', ' ORDER BY pg_catalog.pg_get_userbyid(o)) FROM pg_catalog.unnest(p.polroles) AS o),
    'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
FROM rel AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
UNION ALL
SELECT pg_catalog.format('statistics %I.%I on %s', n.nspname, s.stxname, r.name), pg_catalog.concat_ws(' ',
    pg_catalog.pg_get_statisticsobjdef(s.oid), 'statistics ' || nullif(s.stxstattarget, -1)::text,
    'owner ' || pg_catalog.pg_get_userbyid(s.stxowner))
FROM rel AS r JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = r.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
