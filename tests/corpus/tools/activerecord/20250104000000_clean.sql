-- ActiveRecord 6.1

SELECT current_database();

SELECT pg_try_advisory_lock(6080027476050540705);

SELECT "schema_migrations"."version" FROM "schema_migrations" ORDER BY "schema_migrations"."version" ASC;

BEGIN;

DELETE FROM visits WHERE visited_at < now();

DROP TABLE "visits" CASCADE;

DROP INDEX  "index_members_on_email";

DROP EXTENSION IF EXISTS "citext" CASCADE;

INSERT INTO "schema_migrations" ("version") VALUES ($1) RETURNING "version";

COMMIT;

SELECT "ar_internal_metadata".* FROM "ar_internal_metadata" WHERE "ar_internal_metadata"."key" = $1 LIMIT $2;

SELECT pg_advisory_unlock(6080027476050540705);
