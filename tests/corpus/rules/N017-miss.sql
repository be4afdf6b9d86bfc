-- miss: N017
CREATE PUBLICATION spare_pub FOR TABLE public.users;
