-- class: destructive|unknown effect=none error=42704
-- a write to another server
DELETE FROM app.remote_orders;
