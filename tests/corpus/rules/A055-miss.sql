-- near: A055
ALTER TABLE public.users ADD CONSTRAINT users_nick_idx UNIQUE (nickname);
