-- django-admin migrate

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";

BEGIN;

CREATE INDEX "article_meta" ON "app_article" USING gin ("meta");

ALTER TABLE "app_article" ADD CONSTRAINT "article_title" UNIQUE ("author_id", "title");

ALTER TABLE "app_article" ADD CONSTRAINT "article_words" CHECK ("words" >= 0);

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('app', '0004_constraints', '2026-11-22T14:18:10.937064'::timestamp) RETURNING "django_migrations"."id";

COMMIT;

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";
