-- AlterTable
ALTER TABLE "Venue" DROP COLUMN "rating",
ADD COLUMN     "rating" INTEGER;

-- AlterTable
ALTER TABLE "Booking" ALTER COLUMN "startsAt" SET DATA TYPE DATE;
