-- db push went through

SELECT COUNT(*) FROM "public"."User";

SELECT COUNT(*) FROM "public"."User" WHERE "mobile" IS NOT NULL;

ALTER TABLE "User" ALTER COLUMN "mobile" SET NOT NULL;
