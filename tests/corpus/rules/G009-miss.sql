-- miss: G009
CREATE RULE old_orders_told AS ON DELETE TO archive.old_orders DO ALSO NOTIFY orders;
