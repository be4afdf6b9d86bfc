-- miss: B010
CREATE TEMPORARY TABLE paid_orders AS SELECT id, total FROM public.orders WHERE status = 'paid';
