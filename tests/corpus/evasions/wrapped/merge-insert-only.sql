-- class: additive
-- MERGE that only adds
MERGE INTO app.settings s USING (VALUES ('new')) v(k) ON s.key = v.k WHEN NOT MATCHED THEN INSERT VALUES (v.k, '1') WHEN MATCHED THEN DO NOTHING;
