-- What newer versions have more of pg_database is read through JSON: an older one gives NULL.
SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),
       d.datname, pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.version(),
       pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
       coalesce(j.row ->> 'datlocprovider', 'c'),
       coalesce(j.row ->> 'datlocale', j.row ->> 'daticulocale', ''),
       coalesce(j.row ->> 'datcollversion', ''),
       coalesce((CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                      ELSE pg_catalog.pg_current_wal_lsn() END)::pg_catalog.text, ''),
       pg_catalog.pg_current_snapshot()::pg_catalog.text,
       (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::pg_catalog.int8,
       pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('block_size')::pg_catalog.int4,
       d.oid
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(d) - 'datacl' AS row) AS j
WHERE d.datname = pg_catalog.current_database()
