-- class: destructive
-- the children lose it, too
ALTER TABLE public.vehicles DROP COLUMN wheels;
