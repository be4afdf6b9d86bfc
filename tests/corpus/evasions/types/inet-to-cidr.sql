-- class: destructive
-- host bits
ALTER TABLE public.users ALTER COLUMN last_ip TYPE cidr;
