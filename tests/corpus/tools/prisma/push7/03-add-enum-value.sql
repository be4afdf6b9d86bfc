-- db push went through

ALTER TYPE "BookingStatus" ADD VALUE 'NO_SHOW';
