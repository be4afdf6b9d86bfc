-- class: destructive|unknown
-- by set_config()
SELECT set_config('session_replication_role', 'replica', false); DELETE FROM public.coupons;
