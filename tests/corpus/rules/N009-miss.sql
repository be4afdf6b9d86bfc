-- miss: N009
ALTER TABLE app.settings RENAME TO far_orders;
