-- class: destructive
-- the rights of a view
ALTER VIEW public.active_users SET (security_barrier = true);
