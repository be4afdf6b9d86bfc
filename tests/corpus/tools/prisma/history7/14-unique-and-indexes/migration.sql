/*
  Warnings:

  - A unique constraint covering the columns `[reference]` on the table `Booking` will be added. If there are existing duplicate values, this will fail.
  - A unique constraint covering the columns `[slug,label]` on the table `Tag` will be added. If there are existing duplicate values, this will fail.

*/
-- AlterTable
ALTER TABLE "Tag" ADD COLUMN     "slug" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "Booking_reference_key" ON "Booking"("reference");

-- CreateIndex
CREATE INDEX "Tag_slug_idx" ON "Tag" USING HASH ("slug");

-- CreateIndex
CREATE UNIQUE INDEX "Tag_slug_label_key" ON "Tag"("slug", "label");

-- CreateIndex
CREATE INDEX "Venue_title_capacity_idx" ON "Venue"("title", "capacity" DESC);
