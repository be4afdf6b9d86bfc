-- db push --accept-data-loss went through (after "db push" was refused) (after "db push --accept-data-loss" was refused)

SELECT COUNT(*) FROM "Booking";

ALTER TABLE "Booking" ADD COLUMN     "reference" TEXT NOT NULL;
