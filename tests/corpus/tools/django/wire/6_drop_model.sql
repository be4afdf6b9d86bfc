-- django-admin migrate

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

BEGIN;

DROP TABLE "app_note_articles" CASCADE;

DROP TABLE "app_note" CASCADE;

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('app', '0006_drop_model', '2026-11-22T14:18:43.211687'::timestamp) RETURNING "django_migrations"."id";

COMMIT;

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";
