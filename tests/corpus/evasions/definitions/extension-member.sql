-- class: destructive
-- a dump skips or includes the object from then on
ALTER EXTENSION citext DROP FUNCTION public.citext_eq(citext, citext);
