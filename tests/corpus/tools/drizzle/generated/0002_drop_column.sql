ALTER TABLE "accounts" DROP COLUMN "bio";
