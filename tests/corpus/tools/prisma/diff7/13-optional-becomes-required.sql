-- AlterTable
ALTER TABLE "User" ALTER COLUMN "mobile" SET NOT NULL;
