-- miss: I031
SELECT id, email INTO TEMPORARY emails FROM public.users;
