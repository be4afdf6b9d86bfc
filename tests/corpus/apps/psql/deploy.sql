\set ON_ERROR_STOP on
\set QUIET on
\timing off
\echo Deploying the settings
\set prefix booking

BEGIN;
CREATE TABLE IF NOT EXISTS :"prefix" (id int PRIMARY KEY, words text);
INSERT INTO :"prefix" VALUES (1, :'prefix') ON CONFLICT DO NOTHING;
COMMIT;

SELECT count(*) > 0 AS filled FROM "User" \gset
\if :filled
  \echo there are users
\else
  DELETE FROM "Setting";
\endif

\copy "Setting" FROM STDIN
from-copy	1
\.
SELECT format('ANALYZE %I', relname) FROM pg_class WHERE relname = 'User' AND relkind = 'r'
\gexec
