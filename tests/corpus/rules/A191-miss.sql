-- near: A191 error=42804
ALTER TABLE public.bikes OF app.pair;
