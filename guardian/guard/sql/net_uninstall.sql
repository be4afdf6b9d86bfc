-- All of the second net, and nothing else of schema guardian.
DO $guardian$
DECLARE
    keeper name;
BEGIN
    DROP EVENT TRIGGER IF EXISTS guardian_net_drop;
    DROP EVENT TRIGGER IF EXISTS guardian_net_rewrite;
    DROP EVENT TRIGGER IF EXISTS guardian_net_start;
    DROP EVENT TRIGGER IF EXISTS guardian_net_end;
    IF pg_catalog.to_regnamespace('guardian') IS NOT NULL THEN
        DROP FUNCTION IF EXISTS guardian.net();
        DROP MATERIALIZED VIEW IF EXISTS guardian.net_key;
        -- The schema goes back to whoever keeps the records in it.
        SELECT pg_catalog.pg_get_userbyid(c.relowner) INTO keeper FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
            ON n.oid OPERATOR(pg_catalog.=) c.relnamespace AND n.nspname OPERATOR(pg_catalog.=) 'guardian' AND n.nspowner OPERATOR(pg_catalog.<>) c.relowner
            WHERE c.relname OPERATOR(pg_catalog.=) 'changes';
        IF keeper IS NOT NULL THEN
            EXECUTE pg_catalog.format('ALTER SCHEMA guardian OWNER TO %I', keeper);
        END IF;
    END IF;
END
$guardian$
