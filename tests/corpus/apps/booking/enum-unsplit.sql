-- Production, booking states: as somebody wrote it at first. Sent as one query it fails, and says
-- "unsafe use of new value".
ALTER TYPE "BookingStatus" ADD VALUE IF NOT EXISTS 'REQUESTED' BEFORE 'PENDING';
ALTER TYPE "BookingStatus" ADD VALUE IF NOT EXISTS 'NO_SHOW' AFTER 'CANCELLED';

ALTER TABLE "Booking" ALTER COLUMN "status" SET DEFAULT 'REQUESTED';
UPDATE "Booking" SET "status" = 'NO_SHOW' WHERE "status" = 'CONFIRMED' AND "endsAt" < now() AND "note" = 'did not come';
CREATE INDEX "Booking_no_show_idx" ON "Booking"("venueId") WHERE "status" = 'NO_SHOW';
