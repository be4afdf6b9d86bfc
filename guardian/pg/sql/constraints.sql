-- $1: relations.
SELECT con.conrelid, con.oid, con.conname,
       con.contype, pg_get_constraintdef(con.oid), con.convalidated, con.condeferrable,
       con.condeferred, @enforced@, con.conindid, con.conkey, con.confrelid,
       CASE WHEN con.confrelid <> 0 THEN quote_ident(n.nspname) || '.' || quote_ident(c.relname) END,
       con.confkey, con.confdeltype, con.confupdtype, d.description
FROM pg_constraint AS con
LEFT JOIN pg_class AS c ON c.oid = con.confrelid
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_description AS d ON d.classoid = 2606 AND d.objoid = con.oid
WHERE con.conrelid = ANY ($1::oid[]) AND con.conrelid <> 0
ORDER BY 1, con.conname
