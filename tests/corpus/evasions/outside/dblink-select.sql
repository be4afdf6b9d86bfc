-- class: destructive|unknown
-- through a SELECT
SELECT * FROM dblink('host=' || split_part(current_setting('unix_socket_directories'), ',', 1) || ' port=' || current_setting('port') || ' user=postgres dbname=' || current_database(), 'DELETE FROM app.settings RETURNING key') AS t(k text);
