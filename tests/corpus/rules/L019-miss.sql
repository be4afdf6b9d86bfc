-- miss: L019
ALTER TABLE public.owned_notes OWNER TO corpus_app;
