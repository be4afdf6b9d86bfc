BEGIN;
--
-- Create index article_meta on field(s) meta of model article
--
CREATE INDEX "article_meta" ON "app_article" USING gin ("meta");
--
-- Create constraint article_title on model article
--
ALTER TABLE "app_article" ADD CONSTRAINT "article_title" UNIQUE ("author_id", "title");
--
-- Create constraint article_words on model article
--
ALTER TABLE "app_article" ADD CONSTRAINT "article_words" CHECK ("words" >= 0);
COMMIT;
