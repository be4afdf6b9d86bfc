BEGIN;
--
-- Alter field title on article
--
ALTER TABLE "app_article" ALTER COLUMN "title" TYPE varchar(80);
--
-- Alter field words on article
--
ALTER TABLE "app_article" ALTER COLUMN "words" TYPE bigint USING "words"::bigint;
--
-- Alter field born on author
--
ALTER TABLE "app_author" ALTER COLUMN "born" TYPE varchar(10) USING "born"::varchar(10);
COMMIT;
