-- class: destructive
-- a typed table no longer
ALTER TABLE app.pairs NOT OF;
