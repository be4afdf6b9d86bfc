-- db push went through

SELECT COUNT(*) FROM "public"."User";

SELECT COUNT(*) FROM "public"."User" WHERE "role" IS NOT NULL;

ALTER TABLE "User" DROP COLUMN "role",
ADD COLUMN     "role" TEXT NOT NULL DEFAULT 'guest';

DROP TYPE "Role";
