-- miss: I032
SELECT id, email INTO public.temporary FROM public.users;
