-- Written once, run at every boot by mistake: nothing here looks whether it was done before.
ALTER TABLE "Payment" ADD CONSTRAINT payment_amount CHECK ("amount" > 0);
ALTER TABLE "User" ADD CONSTRAINT user_email_at CHECK ("email" LIKE '%@%');
ALTER TABLE "Booking" ADD CHECK ("venueId" > 0);
ALTER TABLE "Payment" ADD CONSTRAINT payment_booking_unique UNIQUE ("bookingId", "amount");
CREATE INDEX ON "Payment" ("currency");
