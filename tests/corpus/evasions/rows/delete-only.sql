-- class: destructive
-- DELETE FROM ONLY
DELETE FROM ONLY public.vehicles;
