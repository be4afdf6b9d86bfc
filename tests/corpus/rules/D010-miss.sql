-- miss: D010
ALTER TYPE public.order_status RENAME VALUE 'paid' TO 'refunded';
