-- class: destructive
-- replication of changes stops
ALTER TABLE public.users REPLICA IDENTITY NOTHING;
