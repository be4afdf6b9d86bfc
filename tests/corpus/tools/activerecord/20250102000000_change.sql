-- ActiveRecord 6.1

SELECT current_database();

SELECT pg_try_advisory_lock(6080027476050540705);

SELECT "schema_migrations"."version" FROM "schema_migrations" ORDER BY "schema_migrations"."version" ASC;

BEGIN;

ALTER TABLE "members" DROP COLUMN "about";

ALTER TABLE "members" ALTER COLUMN "fee" TYPE decimal(6,0);

UPDATE "visits" SET "at"='2025-01-01 00:00:00' WHERE "at" IS NULL;

ALTER TABLE "visits" ALTER COLUMN "at" SET NOT NULL;

ALTER TABLE "members" ALTER COLUMN "fee" SET DEFAULT 10;

ALTER TABLE "visits" RENAME COLUMN "at" TO "visited_at";

ALTER TABLE "members" ADD CONSTRAINT members_fee CHECK (fee >= 0);

CREATE TYPE visit_kind AS ENUM ('day', 'night');

SELECT 'visit_kind'::regtype::oid;

ALTER TABLE "visits" ADD "kind" visit_kind DEFAULT 'day';

INSERT INTO "schema_migrations" ("version") VALUES ($1) RETURNING "version";

COMMIT;

SELECT "ar_internal_metadata".* FROM "ar_internal_metadata" WHERE "ar_internal_metadata"."key" = $1 LIMIT $2;

SELECT pg_advisory_unlock(6080027476050540705);
