/*
  Warnings:

  - You are about to drop the `Tag` table. If the table is not empty, all the data it contains will be lost.
  - You are about to drop the `_TagToVenue` table. If the table is not empty, all the data it contains will be lost.

*/
-- DropForeignKey
ALTER TABLE "_TagToVenue" DROP CONSTRAINT "_TagToVenue_A_fkey";

-- DropForeignKey
ALTER TABLE "_TagToVenue" DROP CONSTRAINT "_TagToVenue_B_fkey";

-- DropTable
DROP TABLE "Tag";

-- DropTable
DROP TABLE "_TagToVenue";
