-- db push --accept-data-loss went through (after "db push" was refused)

ALTER TABLE "Tag" ADD COLUMN     "slug" TEXT;

CREATE UNIQUE INDEX "Booking_reference_key" ON "Booking"("reference");

CREATE INDEX "Tag_slug_idx" ON "Tag" USING HASH ("slug");

CREATE UNIQUE INDEX "Tag_slug_label_key" ON "Tag"("slug", "label");

CREATE INDEX "Venue_title_capacity_idx" ON "Venue"("title", "capacity" DESC);
