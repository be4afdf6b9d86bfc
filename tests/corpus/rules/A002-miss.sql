-- near: A002
ALTER TABLE public.users ADD COLUMN seen_at timestamptz DEFAULT clock_timestamp();
