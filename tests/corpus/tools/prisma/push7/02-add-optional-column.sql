-- db push went through

ALTER TABLE "User" ADD COLUMN     "phone" TEXT;
