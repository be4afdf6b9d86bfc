-- miss: G008
CREATE RULE orders_kept AS ON DELETE TO public.orders DO ALSO NOTIFY orders;
