-- ActiveRecord 6.1

CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);

CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);

SELECT current_database();

SELECT pg_try_advisory_lock(6080027476050540705);

SELECT "schema_migrations"."version" FROM "schema_migrations" ORDER BY "schema_migrations"."version" ASC;

BEGIN;

CREATE EXTENSION IF NOT EXISTS "citext";

SELECT 'decimal(10,2)'::regtype::oid;

CREATE TABLE "members" ("id" bigserial primary key, "email" citext NOT NULL, "about" text, "fee" decimal(10,2) DEFAULT 0.0, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);

CREATE UNIQUE INDEX "index_members_on_email" ON "members" ("email");

CREATE TABLE "visits" ("id" bigserial primary key, "member_id" bigint NOT NULL, "at" timestamp, CONSTRAINT "fk_rails_5490e726dd"
FOREIGN KEY ("member_id")
  REFERENCES "members" ("id")
);

CREATE INDEX "index_visits_on_member_id" ON "visits" ("member_id");

INSERT INTO "schema_migrations" ("version") VALUES ($1) RETURNING "version";

COMMIT;

SELECT "ar_internal_metadata".* FROM "ar_internal_metadata" WHERE "ar_internal_metadata"."key" = $1 LIMIT $2;

BEGIN;

INSERT INTO "ar_internal_metadata" ("key", "value", "created_at", "updated_at") VALUES ($1, $2, $3, $4) RETURNING "key";

COMMIT;

SELECT pg_advisory_unlock(6080027476050540705);
