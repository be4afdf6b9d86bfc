-- class: destructive
-- a simple view is a door to its table
UPDATE public.active_users SET name = 'x';
