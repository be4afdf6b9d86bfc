-- class: destructive
-- in its second branch
MERGE INTO app.settings s USING (VALUES ('key1'), ('new')) v(k) ON s.key = v.k WHEN NOT MATCHED THEN INSERT VALUES (v.k, '1') WHEN MATCHED THEN UPDATE SET value = '0';
