-- db push went through

SELECT COUNT(*) FROM "public"."Tag";

SELECT COUNT(*) FROM "public"."_TagToVenue";

ALTER TABLE "_TagToVenue" DROP CONSTRAINT "_TagToVenue_A_fkey";

ALTER TABLE "_TagToVenue" DROP CONSTRAINT "_TagToVenue_B_fkey";

DROP TABLE "Tag";

DROP TABLE "_TagToVenue";
