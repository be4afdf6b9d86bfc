-- AlterTable
ALTER TABLE "Venue" ADD COLUMN     "opening" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "photos" TEXT[];
