-- What stands outside the database and is needed by it; no passwords. Columns that newer versions have
-- more are read through JSON.
SELECT pg_catalog.jsonb_build_object(
  'roles', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'name', r.rolname, 'superuser', r.rolsuper, 'inherit', r.rolinherit, 'createrole', r.rolcreaterole,
      'createdb', r.rolcreatedb, 'login', r.rolcanlogin, 'replication', r.rolreplication, 'bypassrls', r.rolbypassrls,
      'connection_limit', r.rolconnlimit, 'valid_until', r.rolvaliduntil,
      'comment', pg_catalog.shobj_description(r.oid, 'pg_authid')) ORDER BY r.rolname), '[]')
    FROM pg_catalog.pg_roles AS r WHERE r.rolname NOT LIKE 'pg\_%'),
  'memberships', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'role', pg_catalog.pg_get_userbyid(m.roleid), 'member', pg_catalog.pg_get_userbyid(m.member),
      'grantor', pg_catalog.pg_get_userbyid(m.grantor), 'admin', m.admin_option,
      'inherit', pg_catalog.to_jsonb(m) -> 'inherit_option', 'set', pg_catalog.to_jsonb(m) -> 'set_option')
      ORDER BY m.roleid, m.member, m.grantor), '[]')
    FROM pg_catalog.pg_auth_members AS m WHERE pg_catalog.pg_get_userbyid(m.member) NOT LIKE 'pg\_%'),
  'tablespaces', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'name', t.spcname, 'owner', pg_catalog.pg_get_userbyid(t.spcowner), 'location', pg_catalog.pg_tablespace_location(t.oid),
      'acl', t.spcacl::pg_catalog.text[], 'options', t.spcoptions) ORDER BY t.spcname), '[]')
    FROM pg_catalog.pg_tablespace AS t WHERE t.spcname NOT LIKE 'pg\_%'),
  'settings', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'role', CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END,
      'database', s.setdatabase <> 0, 'settings', s.setconfig) ORDER BY s.setdatabase, s.setrole), '[]')
    FROM pg_catalog.pg_db_role_setting AS s WHERE s.setdatabase IN (0, d.oid)),
  'database', pg_catalog.jsonb_build_object(
      'acl', d.datacl::pg_catalog.text[], 'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),
      'connection_limit', d.datconnlimit,
      'tablespace', (SELECT t.spcname FROM pg_catalog.pg_tablespace AS t WHERE t.oid = d.dattablespace),
      'icu_rules', pg_catalog.to_jsonb(d) -> 'daticurules'))::pg_catalog.text
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
