-- The second net: 0 event triggers of it, 1 of them that fire always, 2 version, 3 what it refuses, 4 the
-- id of its key, 5 what its function says, 6 may the key be read here, 7 the owner of its function,
-- 8 is that a superuser.
SELECT count(*),
       count(*) FILTER (WHERE e.evtenabled OPERATOR(pg_catalog.=) 'A'),
       pg_catalog.substring(max(d.text), 'version ([0-9]{1,6})'),
       pg_catalog.substring(max(d.text), 'refuses ([a-z]+)'),
       pg_catalog.substring(max(d.text), 'key ([0-9a-f]{16})'),
       max(p.prosrc),
       coalesce(pg_catalog.bool_or(pg_catalog.has_schema_privilege(p.pronamespace, 'USAGE')
           AND pg_catalog.has_table_privilege(k.oid, 'SELECT')), false),
       max(pg_catalog.pg_get_userbyid(p.proowner)::text),
       coalesce(pg_catalog.bool_or((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) p.proowner)), false)
FROM pg_catalog.pg_event_trigger e
JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) e.evtfoid AND p.proname OPERATOR(pg_catalog.=) 'net'
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace AND n.nspname OPERATOR(pg_catalog.=) 'guardian'
LEFT JOIN pg_catalog.pg_class k ON k.relnamespace OPERATOR(pg_catalog.=) n.oid
     AND k.relname OPERATOR(pg_catalog.=) 'net_key' AND k.relkind OPERATOR(pg_catalog.=) 'm'
CROSS JOIN LATERAL (SELECT pg_catalog.obj_description(p.oid, 'pg_proc')) AS d (text)
WHERE e.evtname OPERATOR(pg_catalog.=) ANY (ARRAY['guardian_net_drop', 'guardian_net_rewrite', 'guardian_net_start', 'guardian_net_end']::name[])
