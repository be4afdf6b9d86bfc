-- class: destructive
-- foreign keys and triggers are off: orphans
SET session_replication_role = replica; DELETE FROM public.users; SET session_replication_role = DEFAULT;
