SELECT current_setting('server_version_num'),
       split_part(current_setting('server_version'), ' ', 1),
       current_database(),
       current_user,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
       pg_is_in_recovery(),
       ARRAY(SELECT nspname::text FROM pg_namespace ORDER BY nspname COLLATE "C"),
       EXISTS (SELECT FROM pg_largeobject_metadata),
       CASE WHEN has_database_privilege(current_database(), 'CONNECT')
            THEN pg_database_size(current_database()) ELSE 0 END
