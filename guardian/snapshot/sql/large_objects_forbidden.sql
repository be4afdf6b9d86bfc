SELECT count(*) AS all_of_them, count(*) FILTER (WHERE NOT (
    (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user)
    OR pg_catalog.pg_has_role(m.lomowner, 'USAGE')
    OR EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) AS x
               WHERE x.privilege_type = 'SELECT' AND (x.grantee = 0 OR pg_catalog.pg_has_role(x.grantee, 'USAGE')))))
FROM pg_catalog.pg_largeobject_metadata AS m
