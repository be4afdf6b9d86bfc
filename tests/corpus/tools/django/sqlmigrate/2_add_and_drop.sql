BEGIN;
--
-- Remove field biography from author
--
ALTER TABLE "app_author" DROP COLUMN "biography" CASCADE;
--
-- Add field country to author
--
ALTER TABLE "app_author" ADD COLUMN "country" varchar(2) DEFAULT 'DE' NOT NULL;
ALTER TABLE "app_author" ALTER COLUMN "country" DROP DEFAULT;
COMMIT;
