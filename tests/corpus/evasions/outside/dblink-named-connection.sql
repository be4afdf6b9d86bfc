-- class: destructive|unknown
-- in two steps
SELECT dblink_connect('c', 'host=' || split_part(current_setting('unix_socket_directories'), ',', 1) || ' port=' || current_setting('port') || ' user=postgres dbname=' || current_database()); SELECT dblink_exec('c', 'DROP TABLE archive.old_orders');
