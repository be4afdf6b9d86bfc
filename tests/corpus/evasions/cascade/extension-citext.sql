-- class: destructive
-- columns of an extension type
DROP EXTENSION citext CASCADE;
