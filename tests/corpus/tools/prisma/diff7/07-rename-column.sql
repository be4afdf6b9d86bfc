-- AlterTable
ALTER TABLE "User" DROP COLUMN "phone",
ADD COLUMN     "mobile" TEXT;
