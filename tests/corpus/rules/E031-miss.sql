-- miss: E031
DROP VIEW app.spare_view RESTRICT;
