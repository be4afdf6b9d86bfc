-- class: unknown effect=none error=42704
-- nobody here reads that
DO LANGUAGE plpython3u $$ plpy.execute("DROP TABLE archive.old_orders") $$;
