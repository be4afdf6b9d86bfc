-- django-admin migrate

BEGIN;

CREATE TABLE "django_migrations" ("id" serial NOT NULL PRIMARY KEY, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" timestamp with time zone NOT NULL);

COMMIT;

BEGIN;

CREATE TABLE "app_author" ("id" serial NOT NULL PRIMARY KEY, "email" varchar(100) NOT NULL UNIQUE, "biography" text NULL, "born" date NULL);

CREATE TABLE "app_note" ("id" serial NOT NULL PRIMARY KEY, "text" text NOT NULL);

CREATE TABLE "app_article" ("id" serial NOT NULL PRIMARY KEY, "title" varchar(200) NOT NULL, "words" integer NOT NULL, "meta" jsonb NOT NULL, "author_id" integer NOT NULL);

CREATE INDEX "app_author_email_60df1729_like" ON "app_author" ("email" varchar_pattern_ops);

ALTER TABLE "app_article" ADD CONSTRAINT "app_article_author_id_95508eba_fk_app_author_id" FOREIGN KEY ("author_id") REFERENCES "app_author" ("id") DEFERRABLE INITIALLY DEFERRED;

CREATE INDEX "app_article_title_8d91d81e" ON "app_article" ("title");

CREATE INDEX "app_article_title_8d91d81e_like" ON "app_article" ("title" varchar_pattern_ops);

CREATE INDEX "app_article_author_id_95508eba" ON "app_article" ("author_id");

COMMIT;

INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('app', '0001_initial', '2026-11-22T14:17:36.778211'::timestamp) RETURNING "django_migrations"."id";

SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations";
