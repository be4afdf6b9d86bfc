-- class: destructive|unknown
-- asynchronously
SELECT dblink_connect('c', 'host=' || split_part(current_setting('unix_socket_directories'), ',', 1) || ' port=' || current_setting('port') || ' user=postgres dbname=' || current_database()); SELECT dblink_send_query('c', 'DELETE FROM app.settings'); SELECT pg_sleep(0.2); SELECT * FROM dblink_get_result('c') AS t(s text);
