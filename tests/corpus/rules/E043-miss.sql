-- miss: E043
ALTER VIEW app.spare_view SET SCHEMA archive;
