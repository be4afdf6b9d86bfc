-- class: destructive
-- ON DELETE CASCADE reaches two tables further
DELETE FROM public.users WHERE id = 7;
