-- class: destructive
-- several columns at once
UPDATE app.contacts SET (email, phone) = (SELECT 'x@example.org', NULL);
