-- near: A188
ALTER VIEW public.active_users RESET (security_barrier);
