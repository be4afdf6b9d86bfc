-- miss: I030
SELECT id, lower(email) INTO public.emails FROM public.users ORDER BY id;
