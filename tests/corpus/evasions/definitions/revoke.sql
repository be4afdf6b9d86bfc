-- class: destructive
-- rights
REVOKE SELECT ON public.users FROM corpus_reader;
