-- class: destructive
-- columns of a composite type
DROP TYPE app.address CASCADE;
