-- node-pg-migrate up

SELECT pg_try_advisory_lock(7241865325823964) AS "lockObtained";

SET search_path TO "public";

SELECT name FROM "public"."pgmigrations" ORDER BY run_on, id;

BEGIN;

COMMIT;

ALTER TYPE "ticket_state" ADD VALUE IF NOT EXISTS $pga$waiting$pga$ BEFORE $pga$closed$pga$;

INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('1700000000003_value', NOW());

BEGIN;

COMMIT;

SELECT pg_advisory_unlock(7241865325823964) AS "lockReleased";
