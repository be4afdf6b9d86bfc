-- miss: I016
TRUNCATE public.owned_notes CONTINUE IDENTITY;
