-- $1: tables and views.
SELECT t.tgrelid, t.oid, t.tgname, pg_get_triggerdef(t.oid), t.tgfoid, t.tgtype, t.tgenabled,
       d.description
FROM pg_trigger AS t
LEFT JOIN pg_description AS d ON d.classoid = 2620 AND d.objoid = t.oid
WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal
ORDER BY t.tgrelid, t.tgname
