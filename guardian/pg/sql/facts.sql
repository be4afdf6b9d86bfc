SELECT current_setting('server_version_num'),
       split_part(current_setting('server_version'), ' ', 1),
       current_database(),
       current_user,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
       pg_is_in_recovery(),
       ARRAY(SELECT nspname::text FROM pg_namespace ORDER BY nspname COLLATE "C"),
       EXISTS (SELECT FROM pg_largeobject_metadata),
       -- asking for the size looks at every file: with thousands of tables the last known pages do
       CASE WHEN pg_relation_size('pg_class') > 1000000
            THEN (SELECT sum(relpages::bigint) FROM pg_class) * current_setting('block_size')::bigint
            WHEN has_database_privilege(current_database(), 'CONNECT')
            THEN pg_database_size(current_database()) ELSE 0 END
