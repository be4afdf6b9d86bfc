-- Schemas, extensions, the rest of the catalogue, comments, and the database itself.
WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'),
db AS MATERIALIZED (
    SELECT * FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
space AS MATERIALIZED (
    SELECT * FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'guardian')
      AND oid NOT IN (SELECT objid FROM member WHERE classid = 2615)),
-- What is rare is named by the server.
rare (classid, objid, owner, definition) AS (
    SELECT 2605, c.oid, NULL::pg_catalog.oid, pg_catalog.concat_ws(' ', nullif(c.castfunc::pg_catalog.regprocedure::text, '0'), c.castcontext, c.castmethod)
        FROM pg_catalog.pg_cast AS c
    UNION ALL SELECT 2612, l.oid, l.lanowner, pg_catalog.concat_ws(' ', CASE WHEN l.lanpltrusted THEN 'trusted' END,
            nullif(l.lanplcallfoid::pg_catalog.regproc::text, '-'), nullif(l.laninline::pg_catalog.regproc::text, '-'),
            nullif(l.lanvalidator::pg_catalog.regproc::text, '-'))
        FROM pg_catalog.pg_language AS l
    UNION ALL SELECT 2601, a.oid, NULL, pg_catalog.concat_ws(' ', a.amtype, a.amhandler) FROM pg_catalog.pg_am AS a
    UNION ALL SELECT 3576, t.oid, NULL, pg_catalog.concat_ws(' ', 'from', t.trffromsql, 'to', t.trftosql) FROM pg_catalog.pg_transform AS t
    UNION ALL SELECT 3456, l.oid, l.collowner, pg_catalog.concat_ws(' ', l.collprovider, l.collcollate, l.collctype, l.collisdeterministic, l.collencoding)
        FROM pg_catalog.pg_collation AS l
    UNION ALL SELECT 2607, c.oid, c.conowner, pg_catalog.concat_ws(' ', c.conforencoding, c.contoencoding, c.conproc, c.condefault)
        FROM pg_catalog.pg_conversion AS c
    UNION ALL SELECT 3601, p.oid, NULL, pg_catalog.concat_ws(' ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype)
        FROM pg_catalog.pg_ts_parser AS p
    UNION ALL SELECT 3764, t.oid, NULL, pg_catalog.concat_ws(' ', t.tmplinit, t.tmpllexize) FROM pg_catalog.pg_ts_template AS t
    UNION ALL SELECT 3600, d.oid, d.dictowner, pg_catalog.concat_ws(' ', t.tmplname, d.dictinitoption)
        FROM pg_catalog.pg_ts_dict AS d JOIN pg_catalog.pg_ts_template AS t ON t.oid = d.dicttemplate
    UNION ALL SELECT 3602, c.oid, c.cfgowner, pg_catalog.concat_ws(' ', p.prsname,
            (SELECT pg_catalog.string_agg(pg_catalog.concat(m.maptokentype, '.', m.mapseqno, ':', m.mapdict::pg_catalog.regdictionary), ' '
                ORDER BY m.maptokentype, m.mapseqno) FROM pg_catalog.pg_ts_config_map AS m WHERE m.mapcfg = c.oid))
        FROM pg_catalog.pg_ts_config AS c JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
    UNION ALL SELECT 2616, o.oid, o.opcowner, pg_catalog.concat_ws(' ', f.opfname, pg_catalog.format_type(o.opcintype, NULL),
            pg_catalog.format_type(nullif(o.opckeytype, 0), NULL), CASE WHEN o.opcdefault THEN 'default' END)
        FROM pg_catalog.pg_opclass AS o JOIN pg_catalog.pg_opfamily AS f ON f.oid = o.opcfamily
    UNION ALL SELECT 2753, f.oid, f.opfowner, pg_catalog.concat_ws(' ',
            (SELECT pg_catalog.string_agg(pg_catalog.concat(o.amopstrategy, ':', o.amopopr::pg_catalog.regoperator, o.amoppurpose), ' '
                ORDER BY o.amopstrategy, o.amopopr::pg_catalog.regoperator::text COLLATE "C") FROM pg_catalog.pg_amop AS o WHERE o.amopfamily = f.oid),
            (SELECT pg_catalog.string_agg(pg_catalog.concat(p.amprocnum, ':', p.amproc::pg_catalog.regprocedure), ' '
                ORDER BY p.amprocnum, p.amproc::pg_catalog.regprocedure::text COLLATE "C") FROM pg_catalog.pg_amproc AS p WHERE p.amprocfamily = f.oid))
        FROM pg_catalog.pg_opfamily AS f
    UNION ALL SELECT 3466, e.oid, e.evtowner, pg_catalog.concat_ws(' ', e.evtevent, e.evtfoid::pg_catalog.regprocedure, e.evtenabled, e.evttags)
        FROM pg_catalog.pg_event_trigger AS e JOIN pg_catalog.pg_proc AS f ON f.oid = e.evtfoid
        WHERE f.pronamespace NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'guardian')
    UNION ALL SELECT 2328, f.oid, f.fdwowner, pg_catalog.concat_ws(' ', nullif(f.fdwhandler::text, '-'), nullif(f.fdwvalidator::text, '-'), f.fdwoptions)
        FROM pg_catalog.pg_foreign_data_wrapper AS f
    UNION ALL SELECT 1417, s.oid, s.srvowner, pg_catalog.concat_ws(' ', s.srvtype, s.srvversion,
            (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.unnest(s.srvoptions) AS o
             WHERE o !~* '^[^=]*(pass|secret|token|key)'))
        FROM pg_catalog.pg_foreign_server AS s
    -- What a mapping or a subscription connects with may be a secret, and not everybody sees it.
    UNION ALL SELECT 1418, u.umid, NULL, '' FROM pg_catalog.pg_user_mappings AS u
    UNION ALL SELECT 6104, p.oid, p.pubowner, pg_catalog.concat_ws(' ', CASE WHEN p.puballtables THEN 'all tables' END,
            CASE WHEN p.pubviaroot THEN 'by root' END, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate)
        FROM pg_catalog.pg_publication AS p),
-- Privileges on what came with the server or an extension, where they are not as they came.
odd AS MATERIALIZED (
    SELECT p.* FROM (
        SELECT 1259 AS classid, c.oid, 0 AS column, c.relacl AS acl,
            pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner) AS usual
            FROM pg_catalog.pg_class AS c WHERE c.relacl IS NOT NULL
        UNION ALL SELECT 1259, a.attrelid, a.attnum, a.attacl, '{}' FROM pg_catalog.pg_attribute AS a WHERE a.attacl IS NOT NULL
        UNION ALL SELECT 1255, f.oid, 0, f.proacl, pg_catalog.acldefault('f', f.proowner) FROM pg_catalog.pg_proc AS f WHERE f.proacl IS NOT NULL
        UNION ALL SELECT 1247, t.oid, 0, t.typacl, pg_catalog.acldefault('T', t.typowner) FROM pg_catalog.pg_type AS t WHERE t.typacl IS NOT NULL
        ) AS p LEFT JOIN pg_catalog.pg_init_privs AS n ON n.classoid = p.classid AND n.objoid = p.oid AND n.objsubid = p.column
    WHERE (p.oid < 16384 OR (p.classid, p.oid) IN (SELECT classid::int, objid FROM member))
      AND NOT (p.acl @> coalesce(n.initprivs, p.usual) AND p.acl <@ coalesce(n.initprivs, p.usual))),
known AS (
    SELECT r.*, i.type || ' ' || i.identity AS name
    FROM rare AS r, LATERAL pg_catalog.pg_identify_object(r.classid::pg_catalog.oid, r.objid, 0) AS i
    WHERE r.objid >= 16384 AND (i.schema IS NULL OR i.schema <> 'guardian')
      AND (r.classid, r.objid) NOT IN (SELECT classid::int, objid FROM member))
SELECT name, coalesce(definition, '') FROM known
UNION ALL
SELECT 'owner of ' || name, pg_catalog.pg_get_userbyid(owner) FROM known WHERE owner IS NOT NULL
UNION ALL
SELECT 'privileges on ' || k.name, pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C")
FROM known AS k JOIN (
    SELECT 2612 AS classid, oid, lanacl AS acl FROM pg_catalog.pg_language
    UNION ALL SELECT 2328, oid, fdwacl FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 1417, oid, srvacl FROM pg_catalog.pg_foreign_server) AS p ON p.classid = k.classid AND p.oid = k.objid,
    pg_catalog.unnest(p.acl) AS x
GROUP BY 1
UNION ALL
SELECT 'schema ' || pg_catalog.quote_ident(nspname), '' FROM space
UNION ALL
SELECT 'owner of schema ' || pg_catalog.quote_ident(nspname), pg_catalog.pg_get_userbyid(nspowner) FROM space
UNION ALL
SELECT 'privileges on schema ' || pg_catalog.quote_ident(nspname),
    (SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(nspacl) AS x)
FROM space WHERE NOT (nspacl @> pg_catalog.acldefault('n', nspowner) AND nspacl <@ pg_catalog.acldefault('n', nspowner))
UNION ALL
SELECT 'extension ' || pg_catalog.quote_ident(e.extname), pg_catalog.format('version %s in %I', e.extversion, n.nspname)
FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
UNION ALL
SELECT 'privileges on ' || i.type || ' ' || i.identity,
    coalesce((SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(p.acl) AS x), 'none')
FROM odd AS p, LATERAL pg_catalog.pg_identify_object(p.classid::pg_catalog.oid, p.oid, p.column) AS i
WHERE p.oid >= 16384 OR i.schema <> 'information_schema'
UNION ALL
SELECT pg_catalog.concat('default privileges of ', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)), ' on ',
    CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
        WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END, ' in ' || pg_catalog.quote_ident(n.nspname)),
    coalesce((SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(d.defaclacl) AS x), 'none')
FROM pg_catalog.pg_default_acl AS d LEFT JOIN space AS n ON n.oid = d.defaclnamespace
WHERE d.defaclnamespace = 0 OR n.oid IS NOT NULL
UNION ALL
SELECT pg_catalog.concat('dependency of ', i.type, ' ', i.identity, ' on extension ', pg_catalog.quote_ident(e.extname)), ''
FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 3079,
    LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS i
WHERE d.deptype = 'x'
UNION ALL
SELECT pg_catalog.concat('comment on ', pg_catalog.regexp_replace(i.type, '^(table|view|materialized view|foreign table|composite type) column$', 'column'),
    ' ', i.identity), d.description
FROM pg_catalog.pg_description AS d, LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
WHERE (d.objoid >= 16384 OR d.classoid = 2615 AND d.objoid IN (SELECT oid FROM space)) AND d.classoid <> 2613
  AND (i.schema IS NULL OR i.schema <> 'guardian' AND i.schema !~ '^pg_(toast|temp)')
  AND NOT (d.classoid = 2615 AND i.identity = 'guardian')
  AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = d.classoid AND m.objid = d.objoid)
UNION ALL
SELECT pg_catalog.concat('label of ', i.type, ' ', i.identity, ' by ', l.provider), l.label
FROM pg_catalog.pg_seclabel AS l, LATERAL pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) AS i
WHERE l.classoid <> 2613 AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = l.classoid AND m.objid = l.objoid)
UNION ALL
SELECT pg_catalog.format('table %I.%I in publication %I', n.nspname, c.relname, p.pubname), ''
FROM pg_catalog.pg_publication_rel AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
UNION ALL
SELECT 'subscription ' || pg_catalog.quote_ident(s.subname), pg_catalog.concat_ws(' ', CASE WHEN s.subenabled THEN 'enabled' END,
    s.subslotname, s.subpublications, 'owner', pg_catalog.pg_get_userbyid(s.subowner))
FROM pg_catalog.pg_subscription AS s WHERE s.subdbid = (SELECT oid FROM db)
UNION ALL
SELECT 'owner of the database', pg_catalog.pg_get_userbyid(datdba) FROM db
UNION ALL
SELECT 'privileges on the database',
    (SELECT pg_catalog.string_agg(x::text, ', ' ORDER BY x::text COLLATE "C") FROM pg_catalog.unnest(datacl) AS x)
FROM db WHERE NOT (datacl @> pg_catalog.acldefault('d', datdba) AND datacl <@ pg_catalog.acldefault('d', datdba))
UNION ALL
SELECT 'comment on the database', d.description
FROM pg_catalog.pg_shdescription AS d WHERE d.classoid = 1262 AND d.objoid = (SELECT oid FROM db)
UNION ALL
SELECT pg_catalog.concat('setting ', pg_catalog.split_part(x, '=', 1), ' of ',
    CASE s.setrole WHEN 0 THEN 'the database' ELSE 'role ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole)) END),
    pg_catalog.substr(x, pg_catalog.strpos(x, '=') + 1)
FROM pg_catalog.pg_db_role_setting AS s, pg_catalog.unnest(s.setconfig) AS x WHERE s.setdatabase = (SELECT oid FROM db)
