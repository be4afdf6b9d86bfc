-- class: unknown effect=additive
-- INSERT into it
INSERT INTO pg_description SELECT 'public.duplicates'::regclass, 'pg_class'::regclass, 0, 'made';
