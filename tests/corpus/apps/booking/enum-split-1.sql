-- Production, booking states, part 1 of 2: run this first, wait until it says ALTER TYPE twice, then part 2.
-- Take a backup before!
ALTER TYPE "BookingStatus" ADD VALUE IF NOT EXISTS 'REQUESTED' BEFORE 'PENDING';
ALTER TYPE "BookingStatus" ADD VALUE IF NOT EXISTS 'NO_SHOW' AFTER 'CANCELLED';
