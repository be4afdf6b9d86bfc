-- class: destructive
-- ON UPDATE CASCADE
UPDATE public.users SET id = 1000 WHERE id = 100;
