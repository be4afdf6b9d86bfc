-- $1: tables and views.
SELECT r.ev_class, r.oid, r.rulename, r.ev_type, r.is_instead, r.ev_enabled, pg_get_ruledef(r.oid)
FROM pg_rewrite AS r
WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename <> '_RETURN'
ORDER BY r.ev_class, r.rulename
