-- class: destructive
-- all that is in it, and columns elsewhere whose type lives there
DROP SCHEMA app CASCADE;
