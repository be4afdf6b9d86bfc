-- class: destructive
-- of a typed table
ALTER TYPE app.pair DROP ATTRIBUTE v CASCADE;
