BEGIN;
--
-- Create model Author
--
CREATE TABLE "app_author" ("id" serial NOT NULL PRIMARY KEY, "email" varchar(100) NOT NULL UNIQUE, "biography" text NULL, "born" date NULL);
--
-- Create model Note
--
CREATE TABLE "app_note" ("id" serial NOT NULL PRIMARY KEY, "text" text NOT NULL);
--
-- Create model Article
--
CREATE TABLE "app_article" ("id" serial NOT NULL PRIMARY KEY, "title" varchar(200) NOT NULL, "words" integer NOT NULL, "meta" jsonb NOT NULL, "author_id" integer NOT NULL);
CREATE INDEX "app_author_email_60df1729_like" ON "app_author" ("email" varchar_pattern_ops);
ALTER TABLE "app_article" ADD CONSTRAINT "app_article_author_id_95508eba_fk_app_author_id" FOREIGN KEY ("author_id") REFERENCES "app_author" ("id") DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "app_article_title_8d91d81e" ON "app_article" ("title");
CREATE INDEX "app_article_title_8d91d81e_like" ON "app_article" ("title" varchar_pattern_ops);
CREATE INDEX "app_article_author_id_95508eba" ON "app_article" ("author_id");
COMMIT;
