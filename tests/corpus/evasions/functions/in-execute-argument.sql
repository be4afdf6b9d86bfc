-- class: destructive|unknown
-- as an argument of EXECUTE
PREPARE p (int) AS SELECT $1; EXECUTE p (app.purge_users());
