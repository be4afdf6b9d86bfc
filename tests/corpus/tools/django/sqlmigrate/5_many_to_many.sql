BEGIN;
--
-- Add field articles to note
--
CREATE TABLE "app_note_articles" ("id" serial NOT NULL PRIMARY KEY, "note_id" integer NOT NULL, "article_id" integer NOT NULL);
ALTER TABLE "app_note_articles" ADD CONSTRAINT "app_note_articles_note_id_article_id_f3405428_uniq" UNIQUE ("note_id", "article_id");
ALTER TABLE "app_note_articles" ADD CONSTRAINT "app_note_articles_note_id_8850a4d9_fk_app_note_id" FOREIGN KEY ("note_id") REFERENCES "app_note" ("id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "app_note_articles" ADD CONSTRAINT "app_note_articles_article_id_4424be24_fk_app_article_id" FOREIGN KEY ("article_id") REFERENCES "app_article" ("id") DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "app_note_articles_note_id_8850a4d9" ON "app_note_articles" ("note_id");
CREATE INDEX "app_note_articles_article_id_4424be24" ON "app_note_articles" ("article_id");
COMMIT;
