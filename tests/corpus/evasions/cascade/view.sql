-- class: destructive
-- a view on the view
DROP VIEW public.active_users CASCADE;
