-- django-admin migrate

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

BEGIN;

ALTER TABLE "app_author" DROP COLUMN "biography" CASCADE;

ALTER TABLE "app_author" ADD COLUMN "country" varchar(2) DEFAULT 'DE' NOT NULL;

ALTER TABLE "app_author" ALTER COLUMN "country" DROP DEFAULT;

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('app', '0002_add_and_drop', '2026-11-22T14:17:45.356271'::timestamp) RETURNING "django_migrations"."id";

COMMIT;

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";
