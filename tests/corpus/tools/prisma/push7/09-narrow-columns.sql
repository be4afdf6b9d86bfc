-- db push --accept-data-loss went through (after "db push" was refused)

SELECT COUNT(*) FROM "public"."Payment" WHERE "amount" IS NOT NULL;

SELECT COUNT(*) FROM "public"."User" WHERE "name" IS NOT NULL;

ALTER TABLE "Payment" ALTER COLUMN "amount" SET DATA TYPE DECIMAL(8,1);

ALTER TABLE "User" ALTER COLUMN "name" SET DATA TYPE VARCHAR(30);
