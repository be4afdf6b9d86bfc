-- class: destructive
-- removed
COMMENT ON COLUMN public.users.email IS NULL;
