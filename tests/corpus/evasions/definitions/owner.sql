-- class: destructive
-- an owner
ALTER TABLE public.owned_notes OWNER TO corpus_spare;
