-- class: destructive|unknown
-- autonomous: the ROLLBACK does not reach it
BEGIN; SELECT dblink_exec('host=' || split_part(current_setting('unix_socket_directories'), ',', 1) || ' port=' || current_setting('port') || ' user=postgres dbname=' || current_database(), 'DELETE FROM app.settings'); ROLLBACK;
