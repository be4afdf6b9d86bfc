-- node-pg-migrate up

SELECT pg_try_advisory_lock(7241865325823964) AS "lockObtained";

SET search_path TO "public";

SELECT name FROM "public"."pgmigrations" ORDER BY run_on, id;

BEGIN;

DROP FUNCTION "close_all"();

DROP TABLE "tickets" CASCADE;

DROP TYPE "ticket_state";

INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('1700000000004_clean', NOW());

COMMIT;

SELECT pg_advisory_unlock(7241865325823964) AS "lockReleased";
