-- DropForeignKey
ALTER TABLE "_TagToVenue" DROP CONSTRAINT "_TagToVenue_A_fkey";

-- DropForeignKey
ALTER TABLE "_TagToVenue" DROP CONSTRAINT "_TagToVenue_B_fkey";

-- DropTable
DROP TABLE "Tag";

-- DropTable
DROP TABLE "_TagToVenue";
