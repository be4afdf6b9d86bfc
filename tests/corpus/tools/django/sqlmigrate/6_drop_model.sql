BEGIN;
--
-- Delete model Note
--
DROP TABLE "app_note_articles" CASCADE;
DROP TABLE "app_note" CASCADE;
COMMIT;
