-- near: A113
ALTER FOREIGN TABLE app.remote_orders ALTER COLUMN total OPTIONS (ADD column_name 'sum');
