-- class: destructive
-- part of an array
ALTER TABLE public.users ALTER COLUMN tags TYPE text[] USING tags[1:1];
