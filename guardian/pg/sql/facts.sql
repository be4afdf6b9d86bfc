SELECT current_setting('server_version_num'),
       split_part(current_setting('server_version'), ' ', 1),
       current_database(),
       current_user,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
       pg_is_in_recovery(),
       ARRAY(SELECT nspname::text FROM pg_namespace ORDER BY nspname COLLATE "C"),
       EXISTS (SELECT FROM pg_largeobject_metadata)
