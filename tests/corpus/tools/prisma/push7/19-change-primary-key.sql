-- db push went through

SELECT COUNT(*) FROM "public"."Payment";

ALTER TABLE "Payment" DROP CONSTRAINT "Payment_pkey",
ALTER COLUMN "id" DROP DEFAULT,
ALTER COLUMN "id" SET DATA TYPE TEXT,
ADD CONSTRAINT "Payment_pkey" PRIMARY KEY ("id");

DROP SEQUENCE "Payment_id_seq";
