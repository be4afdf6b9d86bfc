-- miss: G007
CREATE RULE orders_told AS ON INSERT TO public.orders DO INSTEAD NOTIFY orders;
