/*
  Warnings:

  - The `rating` column on the `Venue` table would be dropped and recreated. This will lead to data loss if there is data in the column.

*/
-- AlterTable
ALTER TABLE "Booking" ALTER COLUMN "startsAt" SET DATA TYPE DATE;

-- AlterTable
ALTER TABLE "Venue" DROP COLUMN "rating",
ADD COLUMN     "rating" INTEGER;
