-- $1: bare names. Event triggers come always, because every schema change fires them: of one that
-- is enabled the detail is its function.
WITH wanted AS MATERIALIZED (
    SELECT w.name FROM unnest($1::name[]) AS w (name)
)
SELECT o.class, o.oid, o.kind, coalesce(n.nspname, ''), o.name,
       CASE WHEN o.owner = 0 THEN '' ELSE pg_get_userbyid(o.owner) END,
       CASE WHEN o.shared THEN shobj_description(o.oid, o.class::regclass::name)
            ELSE obj_description(o.oid, o.class::regclass::name) END,
       o.detail, o.function
FROM (
    SELECT 1260::oid AS class, oid, 'role' AS kind, 0::oid AS schema, rolname AS name,
           0::oid AS owner, true AS shared, NULL::text AS detail, 0::oid AS function
    FROM pg_roles WHERE rolname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 1262, oid, 'database', 0, datname, datdba, true, datacl::text, 0
    FROM pg_database WHERE datname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 1213, oid, 'tablespace', 0, spcname, spcowner, true, NULL, 0
    FROM pg_tablespace WHERE spcname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2615, oid, 'schema', 0, nspname, nspowner, false, nspacl::text, 0
    FROM pg_namespace WHERE nspname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3079, oid, 'extension', extnamespace, extname, extowner, false, extversion, 0
    FROM pg_extension WHERE extname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 6104, oid, 'publication', 0, pubname, pubowner, false,
           CASE WHEN puballtables THEN 'all tables' END, 0
    FROM pg_publication WHERE pubname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 6100, @subscription_oid@, 'subscription', 0, subname, subowner, true,
           CASE WHEN subenabled THEN 'enabled' ELSE 'disabled' END, 0
    FROM pg_subscription
    WHERE subname IN (SELECT name FROM wanted)
      AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL
    SELECT 1417, oid, 'server', 0, srvname, srvowner, false, NULL, 0
    FROM pg_foreign_server WHERE srvname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2328, oid, 'foreign-data wrapper', 0, fdwname, fdwowner, false, NULL, 0
    FROM pg_foreign_data_wrapper WHERE fdwname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2612, oid, 'language', 0, lanname, lanowner, false, NULL, 0
    FROM pg_language WHERE lanname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3466, oid, 'event trigger', 0, evtname, evtowner, false,
           CASE WHEN evtenabled <> 'D' THEN evtfoid::regprocedure::text END, evtfoid
    FROM pg_event_trigger
    UNION ALL
    SELECT 3456, oid, 'collation', collnamespace, collname, collowner, false, NULL, 0
    FROM pg_collation WHERE collname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2607, oid, 'conversion', connamespace, conname, conowner, false, NULL, 0
    FROM pg_conversion WHERE conname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3602, oid, 'text search configuration', cfgnamespace, cfgname, cfgowner, false, NULL, 0
    FROM pg_ts_config WHERE cfgname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3600, oid, 'text search dictionary', dictnamespace, dictname, dictowner, false, NULL, 0
    FROM pg_ts_dict WHERE dictname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3601, oid, 'text search parser', prsnamespace, prsname, 0, false, NULL, 0
    FROM pg_ts_parser WHERE prsname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3764, oid, 'text search template', tmplnamespace, tmplname, 0, false, NULL, 0
    FROM pg_ts_template WHERE tmplname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2616, oid, 'operator class', opcnamespace, opcname, opcowner, false, NULL, 0
    FROM pg_opclass WHERE opcname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2753, oid, 'operator family', opfnamespace, opfname, opfowner, false, NULL, 0
    FROM pg_opfamily WHERE opfname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 2601, oid, 'access method', 0, amname, 0, false, NULL, 0
    FROM pg_am WHERE amname IN (SELECT name FROM wanted)
    UNION ALL
    SELECT 3381, s.oid, 'statistics', s.stxnamespace, s.stxname, s.stxowner, false,
           quote_ident(m.nspname) || '.' || quote_ident(c.relname), 0
    FROM pg_statistic_ext AS s
    JOIN pg_class AS c ON c.oid = s.stxrelid
    JOIN pg_namespace AS m ON m.oid = c.relnamespace
    WHERE s.stxname IN (SELECT name FROM wanted)
) AS o
LEFT JOIN pg_namespace AS n ON n.oid = o.schema
ORDER BY o.kind, o.name, 4
