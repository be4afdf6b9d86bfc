-- What the server is, and what this role may do there. Nothing here needs a right.
SELECT pg_catalog.current_setting('server_version'),
       pg_catalog.current_database(),
       current_user,
       (SELECT coalesce(sum(c.relpages::pg_catalog.int8), 0) FROM pg_catalog.pg_class AS c)
           * pg_catalog.current_setting('block_size')::pg_catalog.int8,
       r.rolsuper,
       r.rolcreatedb,
       r.rolreplication,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('wal_level'),
       pg_catalog.current_setting('archive_mode'),
       pg_catalog.current_setting('max_connections')::pg_catalog.int8
           - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int8
           - (SELECT count(*) FROM pg_catalog.pg_stat_activity AS a WHERE a.backend_type = 'client backend'),
       pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8
           * (pg_catalog.current_setting('max_connections')::pg_catalog.int8
              + pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8),
       (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::pg_catalog.int8,
       (SELECT system_identifier FROM pg_catalog.pg_control_system())
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
