-- miss: B030 error=42809
DROP TABLE app.remote_orders;
