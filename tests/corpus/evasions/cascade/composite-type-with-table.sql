-- class: destructive
-- a typed table goes with its type
DROP TYPE app.pair CASCADE;
