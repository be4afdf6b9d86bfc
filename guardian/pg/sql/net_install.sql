-- The second net: one statement, so that it is all there or not at all. Filled in: whether all DDL is
-- refused that Guardian has not announced, or what may lose something; the version; the same in a word;
-- the tags of which the end is looked at.
--
-- A statement is announced by an exclusive advisory lock that Guardian's own session holds while it
-- runs: its key is a keyed digest of the server process and of the very text that the process runs.
-- Locks are seen whatever the snapshot of the transaction, and go when Guardian goes. Event triggers
-- are dropped first: nothing refuses that.
DO $guardian$
DECLARE
    keeper name;
BEGIN
    DROP EVENT TRIGGER IF EXISTS guardian_net_drop;
    DROP EVENT TRIGGER IF EXISTS guardian_net_rewrite;
    DROP EVENT TRIGGER IF EXISTS guardian_net_start;
    DROP EVENT TRIGGER IF EXISTS guardian_net_end;
    CREATE SCHEMA IF NOT EXISTS guardian;
    -- Who owns a schema may drop what is in it, and with the function the event triggers, unseen by them.
    SELECT pg_catalog.pg_get_userbyid(nspowner) INTO keeper FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) 'guardian';
    IF keeper OPERATOR(pg_catalog.<>) CURRENT_USER THEN
        EXECUTE pg_catalog.format('ALTER SCHEMA guardian OWNER TO %%I', CURRENT_USER);
        EXECUTE pg_catalog.format('GRANT ALL ON SCHEMA guardian TO %%I', keeper);
    END IF;
    -- No table: pg_dump would have to lock it, and a role that may not read it could dump no more.
    CREATE MATERIALIZED VIEW IF NOT EXISTS guardian.net_key AS
        SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
               || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), 'hex') AS inside,
               pg_catalog.encode(pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
               || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), 'hex') AS outside;
    REVOKE ALL ON guardian.net_key FROM PUBLIC;
    CREATE OR REPLACE FUNCTION guardian.net() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $net$
DECLARE
    all_ddl CONSTANT boolean := %s;
    running text := current_query();
    found text;
    said bytea;
    token bigint;
    tokens bigint[] := '{}';
    secret record;
BEGIN
    IF tg_event = 'sql_drop' THEN
        SELECT format('%%s %%s would be dropped', o.object_type, o.object_identity) INTO found
        FROM pg_event_trigger_dropped_objects() AS o
        WHERE NOT o.is_temporary AND coalesce(o.schema_name, '') !~ '^pg_(toast|temp)'
          AND coalesce(o.address_names[1], '') !~ '^pg_temp'
        ORDER BY o.original DESC LIMIT 1;
    ELSIF tg_event = 'table_rewrite' THEN
        SELECT format('table %%s would be rewritten', c.oid::regclass) INTO found
        FROM pg_class AS c WHERE c.oid = pg_event_trigger_table_rewrite_oid() AND c.relpersistence <> 't';
    ELSIF tg_event = 'ddl_command_start' THEN
        -- By the time that its end is told, others see the index no more.
        IF running ~* 'concurrently' THEN
            found := 'an index would be dropped';
        END IF;
    ELSIF all_ddl THEN
        SELECT format('%%s of %%s', o.command_tag, coalesce(o.object_identity, lower(o.object_type))) INTO found
        FROM pg_event_trigger_ddl_commands() AS o
        WHERE NOT o.in_extension AND coalesce(o.schema_name, '') !~ '^(pg_temp|guardian$)'
          AND o.command_tag <> ALL (ARRAY['REFRESH MATERIALIZED VIEW', 'REINDEX'])
          AND NOT (o.object_type = 'schema' AND o.object_identity = 'guardian') LIMIT 1;
    ELSE
        SELECT format('%%s %%s would be changed', o.object_type, o.object_identity) INTO found
        FROM pg_event_trigger_ddl_commands() AS o
        WHERE NOT o.in_extension AND coalesce(o.schema_name, '') !~ '^pg_temp'
          AND (o.command_tag = 'ALTER TYPE' OR o.objsubid <> 0) LIMIT 1;
    END IF;
    IF found IS NULL OR running ~* '^[[:space:]]*create[[:space:]]+extension[[:space:]][^;]*;?[[:space:]]*$' THEN
        RETURN;
    END IF;

    SELECT k.inside, k.outside INTO secret FROM guardian.net_key AS k;
    FOREACH said IN ARRAY ARRAY[convert_to(pg_backend_pid() || ':', 'UTF8') || convert_to(running, pg_client_encoding()),
                                convert_to(pg_backend_pid() || '*', 'UTF8')] LOOP
        said := sha256(convert_to(secret.inside, 'UTF8') || said);
        said := sha256(convert_to(secret.outside || encode(said, 'hex'), 'UTF8'));
        token := ('x' || encode(said, 'hex'))::bit(64)::bigint;
        tokens := tokens || token;
    END LOOP;
    IF EXISTS (SELECT FROM pg_locks AS l
               WHERE l.locktype = 'advisory' AND l.granted AND l.mode = 'ExclusiveLock' AND l.objsubid = 1
                 AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
                 AND (l.classid::bigint << 32 | l.objid::bigint) = ANY (tokens)) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = format('guardian: %%s, and this did not come by Guardian', found),
        DETAIL = 'The second net of this database (guardian install) lets such DDL pass when Guardian has judged its text, and kept a way back.',
        HINT = 'Run it with guardian apply FILE, or the tool with guardian run -- COMMAND. Who must do without: guardian uninstall.';
END
$net$;
    REVOKE ALL ON FUNCTION guardian.net() FROM PUBLIC;
    EXECUTE pg_catalog.format('COMMENT ON FUNCTION guardian.net() IS %%L', pg_catalog.format('Guardian''s second net (version %s, refuses %s, key %%s)',
        (SELECT pg_catalog.substr(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(k.inside || k.outside, 'UTF8')), 'hex'), 1, 16) FROM guardian.net_key AS k)));
    CREATE EVENT TRIGGER guardian_net_drop ON sql_drop EXECUTE FUNCTION guardian.net();
    CREATE EVENT TRIGGER guardian_net_rewrite ON table_rewrite EXECUTE FUNCTION guardian.net();
    CREATE EVENT TRIGGER guardian_net_start ON ddl_command_start WHEN TAG IN ('DROP INDEX') EXECUTE FUNCTION guardian.net();
    CREATE EVENT TRIGGER guardian_net_end ON ddl_command_end %s EXECUTE FUNCTION guardian.net();
    ALTER EVENT TRIGGER guardian_net_drop ENABLE ALWAYS;
    ALTER EVENT TRIGGER guardian_net_rewrite ENABLE ALWAYS;
    ALTER EVENT TRIGGER guardian_net_start ENABLE ALWAYS;
    ALTER EVENT TRIGGER guardian_net_end ENABLE ALWAYS;
END
$guardian$
