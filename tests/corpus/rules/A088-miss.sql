-- near: A088
ALTER VIEW public.active_users SET (security_barrier = true);
