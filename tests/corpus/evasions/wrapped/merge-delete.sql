-- class: destructive
-- MERGE that deletes
MERGE INTO app.settings s USING (VALUES ('key1')) v(k) ON s.key = v.k WHEN MATCHED THEN DELETE;
