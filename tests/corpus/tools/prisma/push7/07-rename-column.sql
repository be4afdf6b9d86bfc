-- db push went through

SELECT COUNT(*) FROM "public"."User" WHERE "phone" IS NOT NULL;

ALTER TABLE "User" DROP COLUMN "phone",
ADD COLUMN     "mobile" TEXT;
