-- class: destructive
-- a column of the array type
DROP TYPE app.priority CASCADE;
