/*
  Warnings:

  - You are about to drop the column `note` on the `Booking` table. All the data in the column will be lost.

*/
-- DropIndex
DROP INDEX "Booking_venueId_startsAt_idx";

-- AlterTable
ALTER TABLE "Booking" DROP COLUMN "note";
