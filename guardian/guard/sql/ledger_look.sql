-- What stands in the way of the ledger: 0 schema oid, 1 its layout, 2 tables of ours, 3 of them that
-- may be read and written, 4 CREATE on the database, 5 a publication of all tables, 6 standby or
-- read-only, 7 every text can be stored as it is, 8 the current role,
-- 9 a column of later days is missing.
SELECT n.oid,
       pg_catalog.substring(pg_catalog.obj_description(n.oid, 'pg_namespace'), '\(layout ([0-9]{1,6})\)'),
       t.found,
       t.usable,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       (SELECT min(pubname::text) FROM pg_catalog.pg_publication WHERE puballtables),
       pg_catalog.pg_is_in_recovery()
           OR pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on',
       pg_catalog.current_setting('server_encoding') OPERATOR(pg_catalog.=) ANY (ARRAY['UTF8', 'SQL_ASCII']),
       CURRENT_USER,
       EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
                 AND c.relname OPERATOR(pg_catalog.=) 'steps' AND c.relkind OPERATOR(pg_catalog.=) 'r'
                 AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
                 AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
                                   AND a.attname OPERATOR(pg_catalog.=) 'wrote'))
FROM (SELECT 1) AS one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) 'guardian'
CROSS JOIN LATERAL (
    SELECT count(*) AS found,
           count(*) FILTER (
               WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                 AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                 AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
                 AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')) AS usable
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relkind OPERATOR(pg_catalog.=) 'r'
      AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['changes', 'steps', 'files']::name[])) AS t
