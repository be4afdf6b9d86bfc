-- db push went through

SELECT COUNT(*) FROM "public"."Booking" WHERE "note" IS NOT NULL;

DROP INDEX "Booking_venueId_startsAt_idx";

ALTER TABLE "Booking" DROP COLUMN "note";
