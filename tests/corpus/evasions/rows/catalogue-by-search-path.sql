-- class: unknown
-- unqualified
UPDATE pg_class SET relname = 'gone' WHERE relname = 'duplicates';
