-- AlterEnum
ALTER TYPE "BookingStatus" ADD VALUE 'NO_SHOW';
