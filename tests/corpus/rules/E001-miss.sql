-- miss: E001
CREATE OR REPLACE VIEW public.admins AS SELECT id, email FROM public.users WHERE role = 'admin';
