-- near: A114
ALTER FOREIGN TABLE app.remote_orders OPTIONS (SET table_name 'other');
