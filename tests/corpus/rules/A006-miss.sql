-- near: A006
ALTER TABLE public.empty_table ADD COLUMN level int NOT NULL DEFAULT NULL;
