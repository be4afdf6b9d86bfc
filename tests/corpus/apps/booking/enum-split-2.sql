-- Production, booking states, part 2 of 2.
BEGIN;
ALTER TABLE "Booking" ALTER COLUMN "status" SET DEFAULT 'REQUESTED';
UPDATE "Booking" SET "status" = 'NO_SHOW' WHERE "status" = 'CONFIRMED' AND "endsAt" < now() AND "note" = 'did not come';
CREATE INDEX "Booking_no_show_idx" ON "Booking"("venueId") WHERE "status" = 'NO_SHOW';
COMMIT;
