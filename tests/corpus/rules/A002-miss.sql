-- near: A002
ALTER TABLE public.big_counts ADD COLUMN seen_at timestamptz DEFAULT clock_timestamp();
