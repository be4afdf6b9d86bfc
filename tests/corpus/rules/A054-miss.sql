-- near: A054
ALTER TABLE public.users ADD CONSTRAINT unique_nick CHECK (nickname <> 'unique');
