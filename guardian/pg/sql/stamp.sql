-- How many rows the catalogues have, and a sum over (catalogue, who, transaction that wrote it), which
-- does not depend on the order. pg_class goes by what DDL sets in it: TRUNCATE, REFRESH, CLUSTER and
-- REINDEX write to it as well. Of what came with the server (oid below 16384) only privileges count.
WITH spaces AS MATERIALIZED (
    SELECT oid FROM pg_catalog.pg_namespace
    WHERE nspname = 'guardian' OR nspname ~ '^pg_(toast$|temp_|toast_temp_)'),
hidden AS MATERIALIZED (
    SELECT oid FROM pg_catalog.pg_class WHERE relnamespace IN (SELECT oid FROM spaces)),
seen (catalogue, who, part, version) AS (
    SELECT 1, oid, 0, xmin FROM pg_catalog.pg_namespace
        WHERE oid NOT IN (SELECT oid FROM spaces)
    UNION ALL SELECT 2, attrelid, attnum, xmin FROM pg_catalog.pg_attribute
        WHERE attnum > 0 AND (attrelid >= 16384 OR attacl IS NOT NULL) AND attrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 3, adrelid, adnum, xmin FROM pg_catalog.pg_attrdef
        WHERE adrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 4, oid, 0, xmin FROM pg_catalog.pg_constraint
        WHERE connamespace NOT IN (SELECT oid FROM spaces)
    UNION ALL SELECT 5, indexrelid, 0, xmin FROM pg_catalog.pg_index
        WHERE indexrelid >= 16384 AND indrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 6, inhrelid, inhparent::pg_catalog.int8, xmin FROM pg_catalog.pg_inherits
        WHERE inhrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 7, partrelid, 0, xmin FROM pg_catalog.pg_partitioned_table
        WHERE partrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 8, seqrelid, 0, xmin FROM pg_catalog.pg_sequence
        WHERE seqrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 9, oid, 0, xmin FROM pg_catalog.pg_trigger
        WHERE tgrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 10, oid, 0, xmin FROM pg_catalog.pg_rewrite
        WHERE ev_class NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 11, oid, 0, xmin FROM pg_catalog.pg_policy
        WHERE polrelid NOT IN (SELECT oid FROM hidden)
    UNION ALL SELECT 12, oid, 0, xmin FROM pg_catalog.pg_statistic_ext
        WHERE stxnamespace NOT IN (SELECT oid FROM spaces)
    UNION ALL SELECT 13, ftrelid, 0, xmin FROM pg_catalog.pg_foreign_table
    UNION ALL SELECT 14, oid, 0, xmin FROM pg_catalog.pg_type
        WHERE (oid >= 16384 OR typacl IS NOT NULL) AND typnamespace NOT IN (SELECT oid FROM spaces)
    UNION ALL SELECT 15, oid, 0, xmin FROM pg_catalog.pg_enum
        WHERE enumtypid NOT IN (SELECT oid FROM pg_catalog.pg_type WHERE typnamespace IN (SELECT oid FROM spaces))
    UNION ALL SELECT 16, rngtypid, 0, xmin FROM pg_catalog.pg_range
    UNION ALL SELECT 17, oid, 0, xmin FROM pg_catalog.pg_proc
        WHERE (oid >= 16384 OR proacl IS NOT NULL) AND pronamespace NOT IN (SELECT oid FROM spaces)
    UNION ALL SELECT 18, aggfnoid::pg_catalog.oid, 0, xmin FROM pg_catalog.pg_aggregate
        WHERE aggfnoid >= 16384
    UNION ALL SELECT 19, oid, 0, xmin FROM pg_catalog.pg_operator
        WHERE oid >= 16384
    UNION ALL SELECT 20, oid, 0, xmin FROM pg_catalog.pg_opclass
        WHERE oid >= 16384
    UNION ALL SELECT 21, oid, 0, xmin FROM pg_catalog.pg_opfamily
        WHERE oid >= 16384
    UNION ALL SELECT 22, oid, 0, xmin FROM pg_catalog.pg_amop
        WHERE oid >= 16384
    UNION ALL SELECT 23, oid, 0, xmin FROM pg_catalog.pg_amproc
        WHERE oid >= 16384
    UNION ALL SELECT 24, oid, 0, xmin FROM pg_catalog.pg_am
    UNION ALL SELECT 25, oid, 0, xmin FROM pg_catalog.pg_cast
        WHERE oid >= 16384
    UNION ALL SELECT 26, oid, 0, xmin FROM pg_catalog.pg_collation
        WHERE oid >= 16384
    UNION ALL SELECT 27, oid, 0, xmin FROM pg_catalog.pg_conversion
        WHERE oid >= 16384
    UNION ALL SELECT 28, oid, 0, xmin FROM pg_catalog.pg_language
    UNION ALL SELECT 29, oid, 0, xmin FROM pg_catalog.pg_transform
    UNION ALL SELECT 30, oid, 0, xmin FROM pg_catalog.pg_ts_config
        WHERE oid >= 16384
    UNION ALL SELECT 31, mapcfg, maptokentype, xmin FROM pg_catalog.pg_ts_config_map
        WHERE mapcfg >= 16384
    UNION ALL SELECT 32, oid, 0, xmin FROM pg_catalog.pg_ts_dict
        WHERE oid >= 16384
    UNION ALL SELECT 33, oid, 0, xmin FROM pg_catalog.pg_ts_parser
    UNION ALL SELECT 34, oid, 0, xmin FROM pg_catalog.pg_ts_template
    UNION ALL SELECT 35, oid, 0, xmin FROM pg_catalog.pg_extension
    UNION ALL SELECT 36, oid, 0, xmin FROM pg_catalog.pg_event_trigger
        WHERE evtfoid NOT IN (SELECT oid FROM pg_catalog.pg_proc WHERE pronamespace IN (SELECT oid FROM spaces))
    UNION ALL SELECT 37, oid, 0, xmin FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 38, oid, 0, xmin FROM pg_catalog.pg_foreign_server
    UNION ALL SELECT 39, oid, 0, xmin FROM pg_catalog.pg_publication
    UNION ALL SELECT 40, oid, 0, xmin FROM pg_catalog.pg_publication_rel
    UNION ALL SELECT 41, oid, 0, xmin FROM pg_catalog.pg_default_acl
        WHERE defaclnamespace NOT IN (SELECT oid FROM spaces)
    UNION ALL SELECT 42, objoid, objsubid, xmin FROM pg_catalog.pg_seclabel
    UNION ALL SELECT 43, objoid, objsubid, xmin FROM pg_catalog.pg_description
        WHERE (objoid >= 16384 OR classoid = 2615) AND objoid NOT IN (SELECT oid FROM hidden UNION ALL SELECT oid FROM spaces)
    UNION ALL SELECT 44, setrole, 0, xmin FROM pg_catalog.pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())),
written (catalogue, who, text) AS (
    SELECT 101, oid, pg_catalog.concat_ws(' ', relname, relnamespace, reloftype, relowner, relam, reltablespace, relpersistence,
            relkind, relrowsecurity, relforcerowsecurity, relreplident, relispartition, relacl, reloptions, relpartbound)
        FROM pg_catalog.pg_class
        WHERE (oid >= 16384 OR relacl IS NOT NULL) AND relnamespace NOT IN (SELECT oid FROM spaces)
    -- What leaves no trace but a dependency: OWNED BY, DEPENDS ON EXTENSION, ALTER EXTENSION ADD.
    UNION ALL SELECT 102, objid, pg_catalog.concat_ws(' ', classid, objsubid, refclassid, refobjid, refobjsubid, deptype)
        FROM pg_catalog.pg_depend
        WHERE (deptype IN ('e', 'x') OR deptype IN ('a', 'i') AND classid = 1259 AND refclassid = 1259 AND refobjsubid > 0)
          AND (classid <> 1259 OR objid NOT IN (SELECT oid FROM hidden))
    -- Catalogues of which a plain user may not read everything.
    UNION ALL SELECT 103, umid, pg_catalog.concat_ws(' ', srvid, umuser, umoptions) FROM pg_catalog.pg_user_mappings
    UNION ALL SELECT 104, subowner, pg_catalog.concat_ws(' ', subname, subenabled, subslotname, subpublications)
        FROM pg_catalog.pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    UNION ALL SELECT 105, d.oid, pg_catalog.concat_ws(' ', d.datdba, d.datacl, d.datconnlimit, d.dattablespace,
            (SELECT s.description FROM pg_catalog.pg_shdescription AS s WHERE s.objoid = d.oid AND s.classoid = 1262))
        FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(
           who::pg_catalog.int8 << 32 | version::pg_catalog.text::pg_catalog.int8,
           catalogue::pg_catalog.int8 << 48 | part)) FROM seen
UNION ALL
SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(
           text, catalogue::pg_catalog.int8 << 48 | who::pg_catalog.int8)) FROM written
