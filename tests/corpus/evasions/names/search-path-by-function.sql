-- class: destructive
-- set_config()
SELECT pg_catalog.set_config('search_path', 'archive', false); DROP TABLE old_orders;
