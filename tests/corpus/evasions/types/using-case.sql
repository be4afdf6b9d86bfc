-- class: destructive
-- CASE that merges values
ALTER TABLE app.contacts ALTER COLUMN phone TYPE varchar(30) USING CASE WHEN id > 0 THEN 'x' ELSE phone END;
