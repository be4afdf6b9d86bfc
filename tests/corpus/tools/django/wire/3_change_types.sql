-- django-admin migrate

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

BEGIN;

ALTER TABLE "app_article" ALTER COLUMN "title" TYPE varchar(80);

ALTER TABLE "app_article" ALTER COLUMN "words" TYPE bigint USING "words"::bigint;

ALTER TABLE "app_author" ALTER COLUMN "born" TYPE varchar(10) USING "born"::varchar(10);

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('app', '0003_change_types', '2026-11-22T14:17:55.032140'::timestamp) RETURNING "django_migrations"."id";

COMMIT;

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";
