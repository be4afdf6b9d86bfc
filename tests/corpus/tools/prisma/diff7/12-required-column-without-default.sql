-- AlterTable
ALTER TABLE "Booking" ADD COLUMN     "reference" TEXT NOT NULL;
