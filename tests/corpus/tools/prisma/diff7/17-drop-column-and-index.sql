-- DropIndex
DROP INDEX "Booking_venueId_startsAt_idx";

-- AlterTable
ALTER TABLE "Booking" DROP COLUMN "note";
