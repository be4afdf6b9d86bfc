-- miss: E030
DROP VIEW app.spare_view CASCADE;
