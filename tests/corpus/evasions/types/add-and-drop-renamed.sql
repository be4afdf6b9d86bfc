-- class: destructive
-- a copy that is not made: add, drop, rename
ALTER TABLE public.users ADD COLUMN age2 bigint; ALTER TABLE public.users DROP COLUMN age; ALTER TABLE public.users RENAME COLUMN age2 TO age;
