-- db push --accept-data-loss went through (after "db push" was refused)

SELECT COUNT(*) FROM "public"."Venue";

SELECT COUNT(*) FROM "public"."Venue" WHERE "rating" IS NOT NULL;

ALTER TABLE "Booking" ALTER COLUMN "startsAt" SET DATA TYPE DATE;

ALTER TABLE "Venue" DROP COLUMN "rating",
ADD COLUMN     "rating" INTEGER;
