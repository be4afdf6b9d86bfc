-- miss: E032
DROP VIEW app.spare_view;
