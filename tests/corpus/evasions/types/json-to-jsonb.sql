-- class: destructive
-- key order, duplicate keys
ALTER TABLE public.users ALTER COLUMN payload TYPE jsonb;
