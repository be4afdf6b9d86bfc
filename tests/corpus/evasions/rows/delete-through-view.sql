-- class: destructive
-- and so is a view on a view
DELETE FROM public.active_emails;
