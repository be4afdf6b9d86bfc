-- AlterTable
ALTER TABLE "Tag" ADD COLUMN     "slug" TEXT;

-- CreateIndex
CREATE INDEX "Venue_title_capacity_idx" ON "Venue"("title", "capacity" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "Booking_reference_key" ON "Booking"("reference");

-- CreateIndex
CREATE INDEX "Tag_slug_idx" ON "Tag" USING HASH ("slug");

-- CreateIndex
CREATE UNIQUE INDEX "Tag_slug_label_key" ON "Tag"("slug", "label");
