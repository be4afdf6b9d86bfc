-- class: unknown
-- a function body changed in place
UPDATE pg_proc SET prosrc = 'SELECT 43' WHERE proname = 'spare_fn';
